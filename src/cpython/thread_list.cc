#include "cpython/thread_list.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace phlox::cpython {

using process::ReadRange;
using process::RemoteAddress;

namespace {

// musl, src/thread/pthread_cond_timedwait.c: who waits for a condition sleeps on the barrier of a
// waiter on its own stack. The condition has the newest waiter, and each the one before it.
struct MuslWaiter {
  RemoteAddress newer;
  RemoteAddress older;
  std::int32_t state;
  std::int32_t barrier;
};
constexpr std::int32_t kMuslWaiting = 0;
constexpr std::int32_t kMuslBarrier = 2;
constexpr std::size_t kMaxMuslWaiters = 1'000;
constexpr std::size_t kMaxGilBytes = 1'024;

// kNull where nobody sleeps there on a condition of musl's.
RemoteAddress newest_musl_waiter(const process::MemoryReader& memory, std::uint64_t futex) {
  RemoteAddress at{futex - offsetof(MuslWaiter, barrier)};
  for (std::size_t i = 0; i < kMaxMuslWaiters; ++i) {
    MuslWaiter waiter{};
    if (!memory.read_value(at, waiter) || waiter.state != kMuslWaiting ||
        waiter.barrier != kMuslBarrier)
      return RemoteAddress::kNull;
    if (waiter.newer == RemoteAddress::kNull) return at;
    at = waiter.newer;
  }
  return RemoteAddress::kNull;
}

}  // namespace

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

// It does if it sleeps on one of the condition variables in the GIL (CPython, Python/ceval_gil.h:
// take_gil).
bool waits_for_gil(const Layout& layout, const process::MemoryReader& memory,
                   const ThreadState& thread, std::uint64_t futex) {
  if (thread.gil == RemoteAddress::kNull) return false;
  const std::uint64_t gil = to_number(thread.gil);
  if (futex >= gil && futex < gil + layout.gil_size) return true;
  const RemoteAddress waiter = newest_musl_waiter(memory, futex);
  if (waiter == RemoteAddress::kNull || layout.gil_size > kMaxGilBytes) return false;
  std::array<RemoteAddress, kMaxGilBytes / sizeof(RemoteAddress)> words{};
  const auto gil_words = std::span(words).first(layout.gil_size / sizeof(RemoteAddress));
  const std::array ranges = {ReadRange{thread.gil, std::as_writable_bytes(gil_words)}};
  return memory.read_ranges(ranges) == ranges.size() &&
         std::ranges::find(gil_words, waiter) != gil_words.end();
}

}  // namespace phlox::cpython
