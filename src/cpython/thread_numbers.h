// ThreadNumbers: the kernel's number of a thread from its pthread_t. CPython keeps only that up to
// 3.10.
//
// A pthread_t points to the C library's own struct of the thread, which holds the number. Where in
// it, glibc says in a constant for debuggers (nptl_db/structs.def; DB_DESC in
// nptl_db/thread_dbP.h):
//
//     uint32 _thread_db_pthread_tid[3] = { size in bits, count, offset in struct pthread }
//
// The kernel and the C library keep the number right across fork (CLONE_CHILD_SETTID). musl says
// nothing of the kind.
#pragma once

#include <sys/types.h>

#include "base/result.h"
#include "process/memory_map.h"

namespace phlox::cpython {

class ThreadNumbers {
 public:
  // kInvalid where the C library of the process does not say it.
  static Result<ThreadNumbers> find(pid_t pid, std::span<const process::Mapping> mappings,
                                    const process::MemoryReader& memory);

  // As the thread sees itself, in its own pid namespace; 0 if it cannot be read.
  std::uint64_t of(const process::MemoryReader& memory, process::RemoteAddress pthread) const;

 private:
  explicit ThreadNumbers(std::uint32_t offset) : offset_(offset) {}
  std::uint32_t offset_;
};

}  // namespace phlox::cpython
