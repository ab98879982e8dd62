// Finds the CPython interpreter inside a process: which version it is and where its state lies.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/result.h"
#include "cpython/layout.h"
#include "cpython/thread_numbers.h"
#include "process/memory_reader.h"

namespace phlox::cpython {

struct Interpreter {
  std::string version;  // "3.12.1"
  Layout layout;
  process::RemoteAddress runtime{};             // _PyRuntime; to 3.6 the head of the interpreters
  std::optional<ThreadNumbers> thread_numbers;  // up to 3.10
  std::optional<std::int64_t> rseq = {};        // process::find_rseq()
};

// Errors: kGone the process has ended; kPermission its memory may not be read (the message names
// what would help); kNotFound no Python in it, or one that has not started yet; kInvalid a Python
// that phlox cannot sample. Reads maps and ELF files: some milliseconds.
Result<Interpreter> find_interpreter(pid_t pid);

// True once the interpreter has made its first thread state; a process that has just started has
// none yet.
bool is_initialized(const Interpreter& interpreter, const process::MemoryReader& memory);

}  // namespace phlox::cpython
