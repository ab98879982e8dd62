#include "native/unwinder.h"

namespace phlox::native {

void unwind(Registers registers, const StackCopy& copy, AddressSpace& space, Functions& functions,
            Stack& stack) {
  stack.frames.clear();
  stack.is_complete = false;
  bool called = false;  // the instruction is where a call returns to, which may be in another row
  while (stack.frames.size() < kMaxFrames) {
    const auto instruction = registers[kReturnAddress];
    const auto pointer = registers[kStackPointer];
    if (!instruction || !pointer) return;
    if (*instruction == 0) {
      stack.is_complete = true;
      return;
    }
    const auto place = space.find(called ? *instruction - 1 : *instruction);
    if (!place) return;
    stack.frames.push_back({.function = place->image->function_at(place->address, functions),
                            .stack_pointer = *pointer,
                            .end = *pointer});
    const UnwindRow* row = place->image->row_at(place->address);
    if (row == nullptr) return;
    if (row->has_no_caller()) {
      stack.is_complete = true;
      return;
    }
    const auto cfa = row->cfa(registers, copy);
    if (!cfa || *cfa <= *pointer || *cfa > copy.end()) return;
    stack.frames.back().end = *cfa;
    Registers caller = row->caller(registers, *cfa, copy);
    if (!row->is_signal) caller[kStackPointer] = *cfa;
    if (caller[kStackPointer] && *caller[kStackPointer] <= *pointer) return;
    called = !row->is_signal;
    registers = caller;
  }
}

}  // namespace phlox::native
