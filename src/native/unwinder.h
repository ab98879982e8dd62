// The native stack of a thread, from a copy of its registers and of the top of its stack: frame by
// frame by the rules in the files whose code it runs, and no further than they and the copy say. It
// is never guessed: a frame whose caller is not certain is the last one. A frame pointer that is
// not known is found by the first instructions of the function (prologue.h), if what it leads to is
// where a call returns to.
#pragma once

#include <cstdint>
#include <vector>

#include "native/address_space.h"
#include "native/functions.h"
#include "native/unwind_row.h"

namespace phlox::native {

inline constexpr std::size_t kMaxFrames = 512;

struct Frame {
  FunctionId function{};
  std::uint64_t stack_pointer = 0;  // where the frame's part of the stack begins
  std::uint64_t end = 0;            // and ends; the same where it is not known
};

struct Stack {
  std::vector<Frame> frames;  // leaf first
  bool is_complete = false;   // down to the first function of the thread
};

// Replaces `stack`. Some 0.3 us a frame once its code is known.
void unwind(Registers registers, const StackCopy& copy, AddressSpace& space, Functions& functions,
            Stack& stack);

}  // namespace phlox::native
