#include "native/unwinder.h"

#include "native/prologue.h"

namespace phlox::native {
namespace {

constexpr std::uint64_t kWord = 8;
constexpr std::uint64_t kFromFramePointer = 2 * kWord;  // to the CFA: its caller's, return address

// Whether a call returns there; and if it is one of a certain function, of that which begins at
// `start` in the same file.
bool returns_from(std::uint64_t address, const AddressSpace::Place& callee, std::uint64_t start,
                  AddressSpace& space) {
  const auto caller = space.find(address - 1);
  if (!caller) return false;
  const std::uint64_t returns_to = caller->address + 1;
  const CallBefore call =
      call_before(caller->image->code_at(returns_to - kMaxCallBytes, kMaxCallBytes));
  if (call.kind == Call::kNone) return false;
  const std::uint64_t called = returns_to + static_cast<std::uint64_t>(std::int64_t{call.distance});
  // Else it came by a table of the linker's, or by a jump.
  return call.kind == Call::kOther || caller->image != callee.image || called == start ||
         caller->image->function_start(called) != called;
}

// The frame pointer of a function that has called, by its stack pointer.
std::optional<std::uint64_t> find_frame_pointer(const AddressSpace::Place& place,
                                                const UnwindRow& row, std::uint64_t stack_pointer,
                                                const StackCopy& copy, AddressSpace& space) {
  if (!row.cfa_expression.empty() || row.cfa_register != kFramePointer ||
      row.cfa_offset != kFromFramePointer)
    return std::nullopt;
  const std::uint64_t start = place.image->function_start(place.address);
  const auto size = bytes_below_frame_pointer(place.image->code_at(start, kMaxPrologueBytes), row);
  if (!size) return std::nullopt;
  const std::uint64_t frame_pointer = stack_pointer + *size;
  const auto older = copy.word_at(frame_pointer);
  const auto returns_to = copy.word_at(frame_pointer + kWord);
  if (!older || !returns_to || *older <= frame_pointer || *older >= copy.end() ||
      !returns_from(*returns_to, place, start, space))
    return std::nullopt;
  return frame_pointer;
}

}  // namespace

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
    if (called && !registers[kFramePointer])
      registers[kFramePointer] = find_frame_pointer(*place, *row, *pointer, copy, space);
    const auto cfa = row->cfa(registers, copy);
    if (!cfa || *cfa <= *pointer || *cfa > copy.end()) return;
    stack.frames.back().end = *cfa;
    Registers caller = row->caller(registers, *cfa, copy);
    auto& pointer_of_caller = caller[kStackPointer];
    if (!row->is_signal) pointer_of_caller = cfa;
    if (pointer_of_caller && *pointer_of_caller <= *pointer) return;
    called = !row->is_signal;
    registers = caller;
  }
}

}  // namespace phlox::native
