#include "cpython/waiting_tasks.h"

#include <gtest/gtest.h>

#include "cpython/fake_process.h"
#include "cpython/object_shapes.h"
#include "cpython/running_tasks.h"

namespace phlox::cpython {
namespace {

using process::RemoteAddress;

// A task whose coroutine `outer` awaits `inner`, which awaits a future.
class WaitingTaskTest : public testing::TestWithParam<int> {
 protected:
  WaitingTaskTest() : layout(*layout_of(static_cast<std::uint32_t>(GetParam()))), memory(layout) {
    if (layout.has_asyncio_offsets()) {
      layout.thread_tasks = 880;
      layout.interpreter_tasks = 936;
      layout.task_node = 152;
      layout.task_awaited_by = 96;
      layout.task_is_task = 108;
      layout.task_awaited_by_is_set = 109;
    }
    future = memory.object(memory.type("_asyncio.Future"), 256);
    inner = coroutine("inner", future);
    outer = coroutine("outer", inner);
    task = memory.object(memory.type("_asyncio.Task"), 256);
    memory.put(task, layout.task_coro, outer);
    memory.put(task, layout.task_name, named("fetch-7"));
  }

  RemoteAddress named(std::string_view name) {
    const RemoteAddress at = memory.string(name);
    memory.put(at, layout.object_type,
               memory.type("str", static_cast<std::uint64_t>(TypeFlag::kString)));
    return at;
  }
  RemoteAddress frame_of(RemoteAddress at) const {
    RemoteAddress frame = at + layout.generator_frame;
    if (layout.generator_frame_object != kNone)
      memory.read_value(at + layout.generator_frame_object, frame);
    return frame;
  }
  // Suspended, with `awaited` on top of its stack, above one local variable.
  RemoteAddress coroutine(std::string_view name, RemoteAddress awaited,
                          std::string_view type = "coroutine") {
    const RemoteAddress at = memory.object(memory.type(type), 1024);
    if (layout.generator_frame_object != kNone)
      memory.put(at, layout.generator_frame_object, memory.allocate(1024));
    const RemoteAddress frame = frame_of(at);
    memory.frame(frame, memory.code(name), RemoteAddress::kNull);
    const RemoteAddress top = frame + layout.frame_locals + 8;
    memory.put(top, to_number(awaited) | (layout.frame_code_tag & 1u));
    set_stack(frame, true);
    set_state(at, -1);
    return at;
  }
  void set_stack(RemoteAddress frame, bool is_suspended) {
    const RemoteAddress locals = frame + layout.frame_locals;
    if (layout.minor == 10) {
      memory.put(frame, layout.frame_value_stack, locals + 8);
      memory.put(frame, layout.frame_stack_top, is_suspended ? 1 : -1);
    } else if (layout.minor < 10 || layout.minor >= 14) {
      memory.put(frame, layout.frame_stack_top, is_suspended ? locals + 16 : RemoteAddress::kNull);
    } else {
      memory.put(frame, layout.frame_stack_top, is_suspended ? 2 : -1);
    }
  }
  void set_state(RemoteAddress at, std::int8_t state) {
    if (layout.generator_frame_state != kNone) memory.put(at, layout.generator_frame_state, state);
  }
  void set_not_started(RemoteAddress at) {
    set_state(at, layout.minor >= 13 ? std::int8_t{-3} : std::int8_t{-2});
    if (layout.has_frame_objects())
      memory.put(frame_of(at), layout.frame_last_instruction, std::int32_t{-1});
  }
  std::vector<RemoteAddress> places() const {
    std::vector<RemoteAddress> all;
    const auto found = tasks().read(task);
    if (!found) return all;
    for (const PlacedFrame& frame : found->frames) all.push_back(frame.place);
    return all;
  }
  WaitingTasks tasks() const { return {layout, memory}; }

  Layout layout;
  FakeProcess memory;
  RemoteAddress future{};
  RemoteAddress inner{};
  RemoteAddress outer{};
  RemoteAddress task{};
};

using Places = std::vector<RemoteAddress>;

INSTANTIATE_TEST_SUITE_P(Python3, WaitingTaskTest, testing::Range(8, 15));

TEST_P(WaitingTaskTest, ShowsWhatAwaitsWhatLeafFirst) {
  EXPECT_EQ(places(), (Places{frame_of(inner), frame_of(outer)}));
  EXPECT_EQ(tasks().read(task)->name, "fetch-7");
}

TEST_P(WaitingTaskTest, LooksThroughWhatWrapsACoroutine) {
  const RemoteAddress generator = coroutine("generator", future, "async_generator");
  const RemoteAddress step = memory.object(memory.type("async_generator_asend"), 64);
  memory.put(step + 16, generator);
  memory.put(task, layout.task_coro, coroutine("loops", step));
  EXPECT_EQ(places().size(), 2u);
  EXPECT_EQ(places().front(), frame_of(generator));
}

TEST_P(WaitingTaskTest, OneThatRunsOrHasEndedDoesNotWait) {
  set_state(inner, 0);
  set_stack(frame_of(inner), false);
  EXPECT_TRUE(places().empty());
  memory.put(task, layout.task_coro, RemoteAddress::kNull);
  EXPECT_TRUE(places().empty());
}

TEST_P(WaitingTaskTest, OneThatHasNotStartedAwaitsNothing) {
  set_not_started(outer);
  EXPECT_EQ(places(), (Places{frame_of(outer)}));
}

TEST_P(WaitingTaskTest, ACircleEnds) {
  memory.put(frame_of(inner) + layout.frame_locals + 8, outer);
  EXPECT_EQ(places().size(), kMaxAwaited);
}

TEST_P(WaitingTaskTest, WhatIsNoTaskIsNone) {
  EXPECT_FALSE(tasks().read(RemoteAddress{0xdead000}));
  EXPECT_FALSE(tasks().read(future));
}

// From 3.14 on.
class ListedTaskTest : public WaitingTaskTest {};
INSTANTIATE_TEST_SUITE_P(Python3, ListedTaskTest, testing::Range(14, 15));

TEST_P(ListedTaskTest, AreThoseOfAllThreads) {
  const RemoteAddress interpreter = memory.allocate(1024);
  const RemoteAddress first = memory.allocate(1024);
  const RemoteAddress second = memory.allocate(1024);
  const RemoteAddress head = second + layout.thread_tasks;
  memory.put(first + layout.thread_tasks, first + layout.thread_tasks);  // an empty circle
  memory.put(head, task + layout.task_node);
  memory.put(task + layout.task_node, head);
  const std::array threads = {ThreadState{.address = first, .interpreter = interpreter},
                              ThreadState{.address = second, .interpreter = interpreter}};
  EXPECT_EQ(tasks().list(threads).tasks, (Places{task}));
  EXPECT_TRUE(tasks().list(threads).complete);
  memory.put(task + layout.task_node, task + layout.task_node);  // a circle that never comes back
  EXPECT_EQ(tasks().list(threads).tasks.size(), kMaxTasks);
  EXPECT_FALSE(tasks().list(threads).complete);
}

TEST_P(ListedTaskTest, TellWhoAwaitsThem) {
  const RemoteAddress parent = memory.allocate(256);
  memory.put(parent, layout.task_name, named("parent"));
  memory.put(parent, layout.task_is_task, std::uint8_t{1});
  memory.put(task, layout.task_awaited_by, parent);
  EXPECT_EQ(tasks().read(task)->awaited_by, (std::vector<std::string>{"parent"}));
}

}  // namespace
}  // namespace phlox::cpython
