#include "cpython/thread_list.h"

#include <array>

namespace phlox::cpython {

using process::ReadRange;
using process::RemoteAddress;

void list_threads(const Interpreter& interpreter, const process::MemoryReader& memory,
                  std::vector<ThreadState>& threads) {
  threads.clear();
  const Layout& layout = interpreter.layout;
  const auto bytes_of = [](auto& value) { return std::as_writable_bytes(std::span(&value, 1)); };
  RemoteAddress state{};
  if (!memory.read_value(interpreter.runtime + layout.runtime_interpreters_head, state)) return;
  for (std::size_t i = 0; i < kMaxInterpreters && state != RemoteAddress::kNull; ++i) {
    RemoteAddress next{};
    RemoteAddress thread{};
    const std::array ranges = {
        ReadRange{state + layout.interpreter_next, bytes_of(next)},
        ReadRange{state + layout.interpreter_threads_head, bytes_of(thread)}};
    if (memory.read_ranges(ranges) != ranges.size()) return;
    RemoteAddress gil{};
    if (layout.runtime_gil != kNone) {
      gil = interpreter.runtime + layout.runtime_gil;
    } else if (layout.interpreter_gil != kNone &&
               !memory.read_value(state + layout.interpreter_gil, gil)) {
      return;
    }
    const RemoteAddress collecting = layout.interpreter_gc_collecting == kNone
                                         ? RemoteAddress::kNull
                                         : state + layout.interpreter_gc_collecting;
    while (thread != RemoteAddress::kNull && threads.size() < kMaxThreadStates) {
      ThreadState found{
          .address = thread, .gil = gil, .collecting = collecting, .interpreter = state};
      RemoteAddress next_thread{};
      const std::array fields = {
          ReadRange{thread + layout.thread_next, bytes_of(next_thread)},
          ReadRange{thread + layout.thread_identity(), bytes_of(found.identity)}};
      if (memory.read_ranges(fields) != fields.size()) break;
      found.native_id = interpreter.thread_numbers
                            ? interpreter.thread_numbers->of(memory, RemoteAddress{found.identity})
                            : found.identity;
      threads.push_back(found);
      thread = next_thread;
    }
    state = next;
  }
}

bool holds_gil(const Layout& layout, const process::MemoryReader& memory,
               const ThreadState& thread) {
  if (thread.gil == RemoteAddress::kNull) return false;
  RemoteAddress holder{};
  std::int32_t locked = 0;
  const auto bytes_of = [](auto& value) { return std::as_writable_bytes(std::span(&value, 1)); };
  const std::array ranges = {ReadRange{thread.gil + layout.gil_last_holder, bytes_of(holder)},
                             ReadRange{thread.gil + layout.gil_locked, bytes_of(locked)}};
  return memory.read_ranges(ranges) == ranges.size() && locked > 0 && holder == thread.address;
}

}  // namespace phlox::cpython
