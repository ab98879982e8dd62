// Whether the memory of a process fits a layout: for versions newer than phlox, which are tried
// with the newest table.
#pragma once

#include <sys/types.h>

#include "cpython/interpreter.h"

namespace phlox::cpython {

// True if what the layout leads to is what it should be: thread states that name threads of the
// process, among them its first one, and a stack of frames whose code objects have names and files.
// The interpreter has started. The process runs on meanwhile, so it is tried some times. Up to some
// milliseconds.
bool layout_fits(const Interpreter& interpreter, const process::MemoryReader& memory, pid_t pid);

}  // namespace phlox::cpython
