// The thread states of all interpreters of a process, and which kernel thread each belongs to.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "cpython/interpreter.h"

namespace phlox::cpython {

struct ThreadState {
  process::RemoteAddress address{};  // PyThreadState
  std::uint64_t identity = 0;        // what it says at Layout::thread_identity()
  std::uint64_t native_id = 0;       // as the thread sees itself: in its own pid namespace
  process::RemoteAddress gil{};      // struct _gil_runtime_state of its interpreter; kNull: unknown
  process::RemoteAddress collecting{};   // int, of its interpreter: a garbage collection runs
  process::RemoteAddress interpreter{};  // PyInterpreterState
  bool has_older_interpreter = false;    // in the same process
  process::RemoteAddress newest_interpreter{};  // where the process says which one that is
  process::RemoteAddress running_tasks{};       // RunningTasks of asyncio; kNull: not asked for
  process::RemoteAddress
      last_cpu{};  // where the thread says it (process/last_cpu.h); kNull: unknown
};

inline constexpr std::size_t kMaxInterpreters = 1'000;
inline constexpr std::size_t kMaxThreadStates = 10'000;

// Replaces `threads`. The lists may change while they are read: what is read is a guess that each
// sample checks again. Stops at what cannot be read. About 4 us a thread.
void list_threads(const Interpreter& interpreter, const process::MemoryReader& memory,
                  std::vector<ThreadState>& threads);

// A thread has a state in each interpreter that it has entered, and uses one at a time. Which of
// `states` does the thread of that identity use, if it stands still: the one whose evaluation loop
// is the innermost on its C stack; to 3.10, where a state does not tell, the one with frames in the
// newest interpreter; where none has frames, the oldest. nullptr: none is its own. One to three
// reads for each of its states, and from 3.13 on one for each frame down to the loop's entry.
const ThreadState* state_in_use(const Layout& layout, const process::MemoryReader& memory,
                                std::span<const ThreadState> states, std::uint64_t identity);

// What belongs into ThreadState::last_cpu, which list_threads() leaves out. One or two reads.
process::RemoteAddress find_last_cpu(const Interpreter& interpreter,
                                     const process::MemoryReader& memory,
                                     const ThreadState& thread);

// Whether that thread holds the GIL of its interpreter, at an instant. One read; to 3.11 one more
// if another state has it, which may be the thread's own as well.
bool holds_gil(const Layout& layout, const process::MemoryReader& memory,
               const ThreadState& thread);

// Whether that thread, which sleeps in futex(2) at `futex`, waits for the GIL of its interpreter,
// at an instant. One read, and with musl one more for each thread that waits.
bool waits_for_gil(const Layout& layout, const process::MemoryReader& memory,
                   const ThreadState& thread, std::uint64_t futex);

}  // namespace phlox::cpython
