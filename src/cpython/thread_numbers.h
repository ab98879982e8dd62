// ThreadNumbers: the kernel's number of a thread from its pthread_t. CPython keeps only that up to
// 3.10.
//
// A pthread_t points to the C library's own struct of the thread, which holds the number. Where in
// it, glibc says in a constant for debuggers (nptl_db/structs.def; DB_DESC in
// nptl_db/thread_dbP.h):
//
//     uint32 _thread_db_pthread_tid[3] = { size in bits, count, offset in struct pthread }
//
// musl says nothing of the kind. Its struct (src/internal/pthread_impl.h) on x86-64:
//
//     0 self   8 dtv   16, 24 prev, next   32 sysinfo   40 canary   48 canary2   56 tid
//     1.1.10 to 1.2.1; before and after there is no canary2, and 48 is tid
//
// where canary2 is always 0. Which of the two it is shows in the threads that the process has.
//
// The kernel and the C library keep the number right across fork (CLONE_CHILD_SETTID, _Fork of
// musl).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>

#include "process/memory_map.h"
#include "process/memory_reader.h"

namespace phlox::cpython {

class ThreadNumbers {
 public:
  // What glibc says; nullopt where the C library of the process says nothing.
  static std::optional<ThreadNumbers> find(pid_t pid, std::span<const process::Mapping> mappings,
                                           const process::MemoryReader& memory);
  // What fits the struct of musl: each of `pthreads`, of threads that Python knows, refers to
  // itself and holds a number, and one of them that of a thread of the process, `tids` as these see
  // themselves. Not all: after fork Python may still know its parent's threads. nullopt where that
  // is not so.
  static std::optional<ThreadNumbers> find_in_musl(const process::MemoryReader& memory,
                                                   std::span<const process::RemoteAddress> pthreads,
                                                   std::span<const pid_t> tids);

  // As the thread sees itself, in its own pid namespace; 0 if it cannot be read.
  std::uint64_t of(const process::MemoryReader& memory, process::RemoteAddress pthread) const;

 private:
  explicit ThreadNumbers(std::uint32_t offset) : offset_(offset) {}
  std::uint32_t offset_;
};

}  // namespace phlox::cpython
