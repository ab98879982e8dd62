#include "cpython/thread_list.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "process/last_cpu.h"

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

// Entry frames and others of one loop; as deep as any stack that is read.
constexpr std::size_t kMaxFramesOfLoop = 1'024;

// Where on the C stack the newest evaluation loop with that state lies; the lower, the newer.
// nullopt: it runs nothing. To 3.10 all that run something have the same place.
std::optional<std::uint64_t> newest_loop(const Layout& layout, const process::MemoryReader& memory,
                                         RemoteAddress thread) {
  if (layout.thread_cframe != kNone) {
    RemoteAddress cframe{};
    RemoteAddress older{};  // none is older than the one in the thread state itself
    if (!memory.read_value(thread + layout.thread_cframe, cframe) ||
        !memory.read_value(cframe + layout.cframe_previous, older) || older == RemoteAddress::kNull)
      return std::nullopt;
    return to_number(cframe);
  }
  RemoteAddress frame{};
  if (!memory.read_value(thread + layout.thread_current_frame, frame)) return std::nullopt;
  if (layout.has_frame_objects())
    return frame == RemoteAddress::kNull ? std::nullopt : std::optional<std::uint64_t>(0);
  for (std::size_t i = 0; i < kMaxFramesOfLoop && frame != RemoteAddress::kNull; ++i) {
    std::uint8_t owner = 0;
    RemoteAddress previous{};
    const std::array ranges = {
        ReadRange{frame + layout.frame_owner, std::as_writable_bytes(std::span(&owner, 1))},
        ReadRange{frame + layout.frame_previous, std::as_writable_bytes(std::span(&previous, 1))}};
    if (memory.read_ranges(ranges) != ranges.size()) return std::nullopt;
    if (owner >= layout.frame_owner_c_stack) return to_number(frame);
    frame = previous;
  }
  return std::nullopt;
}

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

// The thread's pthread_t. From 3.11 on it stands before the number of the thread
// (Include/cpython/pystate.h).
std::optional<RemoteAddress> pthread_of(const Layout& layout, const process::MemoryReader& memory,
                                        const ThreadState& thread) {
  if (layout.thread_native_id == kNone) return RemoteAddress{thread.identity};
  RemoteAddress pthread{};
  if (!memory.read_value(thread.address + (layout.thread_native_id - kWord), pthread))
    return std::nullopt;
  return pthread;
}

}  // namespace

void list_threads(const Interpreter& interpreter, const process::MemoryReader& memory,
                  std::vector<ThreadState>& threads) {
  threads.clear();
  const Layout& layout = interpreter.layout;
  const auto bytes_of = [](auto& value) { return std::as_writable_bytes(std::span(&value, 1)); };
  const RemoteAddress newest = interpreter.runtime + layout.runtime_interpreters_head;
  RemoteAddress state{};
  if (!memory.read_value(newest, state)) return;
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
      ThreadState found{.address = thread,
                        .gil = gil,
                        .collecting = collecting,
                        .interpreter = state,
                        .has_older_interpreter = next != RemoteAddress::kNull,
                        .newest_interpreter = newest};
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

const ThreadState* state_in_use(const Layout& layout, const process::MemoryReader& memory,
                                std::span<const ThreadState> states, std::uint64_t identity) {
  const ThreadState* best = nullptr;
  std::optional<std::uint64_t> best_loop;
  for (const ThreadState& state : states) {
    if (state.identity != identity) continue;
    const auto loop = newest_loop(layout, memory, state.address);
    if (best_loop && (!loop || *loop >= *best_loop)) continue;
    best = &state;
    best_loop = loop;
  }
  return best;
}

RemoteAddress find_last_cpu(const Interpreter& interpreter, const process::MemoryReader& memory,
                            const ThreadState& thread) {
  if (!interpreter.rseq) return RemoteAddress::kNull;
  const auto pthread = pthread_of(interpreter.layout, memory, thread);
  const auto place =
      pthread ? process::last_cpu_of(memory, *pthread, *interpreter.rseq) : std::nullopt;
  return place.value_or(RemoteAddress::kNull);
}

bool holds_gil(const Layout& layout, const process::MemoryReader& memory,
               const ThreadState& thread) {
  if (thread.gil == RemoteAddress::kNull) return false;
  RemoteAddress holder{};
  std::int32_t locked = 0;
  const auto bytes_of = [](auto& value) { return std::as_writable_bytes(std::span(&value, 1)); };
  const std::array ranges = {ReadRange{thread.gil + layout.gil_last_holder, bytes_of(holder)},
                             ReadRange{thread.gil + layout.gil_locked, bytes_of(locked)}};
  if (memory.read_ranges(ranges) != ranges.size() || locked <= 0) return false;
  if (holder == thread.address) return true;
  // To 3.11 a thread that goes on in another interpreter keeps the GIL, which names the state that
  // took it.
  std::uint64_t identity = 0;
  return layout.runtime_gil != kNone && holder != RemoteAddress::kNull &&
         memory.read_value(holder + layout.thread_identity(), identity) &&
         identity == thread.identity;
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
