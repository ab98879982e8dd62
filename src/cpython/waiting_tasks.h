// WaitingTasks: the tasks of asyncio that do not run, each with the coroutines that it awaits one
// in the other, down to the one that waits for something that is no coroutine.
//
// From 3.7 to 3.13 the module _asyncio has a WeakSet of all tasks; from 3.14 on each thread state
// and each interpreter have a list (see running_tasks.h, also for which tasks have a known layout).
// A coroutine that waits has what it awaits on top of its frame's stack.
//
// The program runs on meanwhile, and nothing is believed as it is: what a task leads to has to be a
// coroutine that is suspended. One process, one thread; some 10 us for each coroutine.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cpython/object_reader.h"
#include "cpython/object_text.h"
#include "cpython/stack_reader.h"
#include "cpython/thread_list.h"

namespace phlox::cpython {

struct PlacedFrame {
  RawFrame frame;
  process::RemoteAddress place{};  // where it lies
  bool operator==(const PlacedFrame&) const = default;
};

struct WaitingTask {
  std::string name;                     // whole: "Task-17"
  std::vector<std::string> awaited_by;  // from 3.14 on: tasks, as far as there is one each
  std::vector<PlacedFrame> frames;      // leaf first
  bool operator==(const WaitingTask&) const = default;
};

inline constexpr std::size_t kMaxTasks = 10'000;
inline constexpr std::size_t kMaxAwaited = 256;  // coroutines in one another

class WaitingTasks {
 public:
  using Address = process::RemoteAddress;

  // Both must outlive it. From 3.14 on the layout has to be one with_asyncio_offsets().
  WaitingTasks(const Layout& layout, const process::MemoryReader& memory)
      : layout_(layout), memory_(memory), objects_(layout, memory), text_(layout, memory) {}

  struct List {
    std::vector<Address> tasks;  // at most kMaxTasks
    bool complete = true;
  };
  // Of the interpreters of these threads, running ones included.
  List list(std::span<const ThreadState> threads) const;
  // nullopt for a task that runs, has ended, or is none.
  std::optional<WaitingTask> read(Address task) const;

 private:
  // A coroutine or generator that is suspended.
  struct Suspended {
    PlacedFrame frame;
    Address awaits{};  // on top of its stack
  };

  void add_from_set(Address interpreter, List& list) const;
  void add_from_list(Address head, List& list) const;
  std::string name_of(Address task) const;
  std::vector<std::string> awaiters_of(Address task) const;
  Address coroutine_in(Address object) const;
  std::optional<Suspended> suspended(Address coroutine) const;
  std::optional<Address> top_of_stack(Address frame) const;

  const Layout& layout_;
  const process::MemoryReader& memory_;
  const ObjectReader objects_;
  const ObjectText text_;
};

}  // namespace phlox::cpython
