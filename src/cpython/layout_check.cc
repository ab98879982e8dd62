#include "cpython/layout_check.h"

#include <algorithm>
#include <memory>

#include "cpython/code_objects.h"
#include "cpython/stack_reader.h"
#include "cpython/thread_list.h"
#include "process/process_tree.h"

namespace phlox::cpython {
namespace {

constexpr int kTries = 50;

// Numbers as the threads see themselves.
std::vector<std::uint64_t> threads_of(pid_t pid) {
  std::vector<pid_t> tids;
  std::vector<std::uint64_t> numbers;
  auto directory = process::ThreadDirectory::open(pid);
  if (!directory || !directory->list(tids)) return numbers;
  for (const pid_t tid : tids)
    if (const auto own = process::tid_in_own_namespace(pid, tid))
      numbers.push_back(static_cast<std::uint64_t>(*own));
  return numbers;
}

bool has_stack(const Interpreter& interpreter, const process::MemoryReader& memory,
               const ThreadState& thread) {
  CodeObjects codes(interpreter.layout, memory);
  StackReader reader;
  StackGuess guess;
  const auto stack = std::make_unique<RawStack>();
  reader.read(interpreter.layout, memory, thread, guess, *stack, Use::kKnown);
  return stack->status == StackStatus::kComplete && stack->frame_count > 0 &&
         std::ranges::all_of(stack->view(), [&](const RawFrame& frame) {
           if (frame.kind != RawFrameKind::kPython) return true;
           const Code* code = codes.find(frame.code);
           return code != nullptr && !code->qualified_name.empty() && !code->file.empty();
         });
}

bool fits(const Interpreter& interpreter, const process::MemoryReader& memory, pid_t pid) {
  std::vector<ThreadState> states;
  list_threads(interpreter, memory, states);
  const std::vector<std::uint64_t> threads = threads_of(pid);
  if (states.empty() || threads.empty()) return false;
  const bool all_exist = std::ranges::all_of(states, [&](const ThreadState& state) {
    return std::ranges::find(threads, state.native_id) != threads.end();
  });
  const ThreadState* first = state_in_use(interpreter.layout, memory, states, threads.front());
  return all_exist && first != nullptr && has_stack(interpreter, memory, *first);
}

}  // namespace

bool layout_fits(const Interpreter& interpreter, const process::MemoryReader& memory, pid_t pid) {
  for (int i = 0; i < kTries; ++i)
    if (fits(interpreter, memory, pid)) return true;
  return false;
}

}  // namespace phlox::cpython
