// Which tasks of asyncio run: where an interpreter says it, and how their names travel in stacks.
//
// To 3.13 the module _asyncio has a dict {event loop: task} of the tasks that run
// (asyncio.tasks._current_tasks). From 3.14 on each thread state points to the task that its thread
// runs, and the interpreter carries the offsets in a section .AsyncioDebug of the file that holds
// the module (struct _Py_AsyncioModuleDebugOffsets, Modules/_asynciomodule.c).
//
// Neither is believed as it is: a task is put on a stack where the frame of its coroutine lies on
// it, and nowhere else. Tasks have names from 3.8 on; tasks that are no asyncio.Task of the C
// module have no known layout and do not show.
#pragma once

#include <sys/types.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cpython/interpreter.h"
#include "cpython/stack_reader.h"

namespace phlox::cpython {

// Longer names are cut to whole characters.
inline constexpr std::size_t kTaskNameBytesPerFrame = 12;
inline constexpr std::size_t kMaxTaskNameBytes = 5 * kTaskNameBytesPerFrame;

// How much of what ThreadState::running_tasks points to is read in any case.
std::uint32_t running_tasks_bytes(const Layout& layout);

// A task's name without the number at its end, so that as many tasks as there are become one frame:
// "Task-17" -> "Task", "worker_3" -> "worker"; empty for a number alone.
std::string_view without_number(std::string_view name);

// A task's name of which longer ones have no more characters read.
inline constexpr std::uint64_t kMaxTaskNameChars = 255;
inline constexpr std::string_view kDefaultTaskName =
    "Task";  // from 3.12 on its number alone is kept

// The frames of a task whose name is a str of `length` characters, at most kMaxTaskNameChars, in
// `data`. Returns how many there are.
std::size_t set_task_frames(std::span<const std::byte> data, std::uint32_t char_bytes,
                            std::uint64_t length, std::span<RawFrame> frames);

// The frames that carry `name`, of at most kMaxTaskNameBytes; returns how many there are.
std::size_t set_task_name(std::string_view name, std::span<RawFrame> frames);
// The name that begins with the kTask at the front of `frames`, leaf first.
std::string task_name(std::span<const RawFrame> frames);

// Looks for asyncio in a process, where it may be imported at any time.
class RunningTasks {
 public:
  // Of the given thread what ThreadState::running_tasks has to be; kNull as long as asyncio has not
  // been imported in its interpreter. Changes the layout where the target itself says more about
  // its tasks. Some milliseconds.
  process::RemoteAddress search(pid_t pid, Layout& layout, const process::MemoryReader& memory,
                                const ThreadState& thread);
  // The same, of what a search has found; kNull: nothing yet. Reads nothing.
  process::RemoteAddress known(const Layout& layout, const ThreadState& thread) const;

 private:
  struct Found {
    process::RemoteAddress interpreter{};
    process::RemoteAddress tasks{};
  };
  std::vector<Found> found_;
};

// asyncio's names in the C module, as the dict of tasks that run: kNull if it is not imported.
process::RemoteAddress find_in_asyncio(const Layout& layout, const process::MemoryReader& memory,
                                       process::RemoteAddress interpreter, std::string_view name);

// `layout` with what the section .AsyncioDebug at `section` says. kCorrupt for absurd offsets.
Result<Layout> with_asyncio_offsets(const Layout& layout, const process::MemoryReader& memory,
                                    process::RemoteAddress section);
// kNull while no file that has the section is mapped into the process.
process::RemoteAddress find_asyncio_section(pid_t pid);

}  // namespace phlox::cpython
