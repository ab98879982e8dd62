#include "cpython/running_tasks.h"

#include <gtest/gtest.h>

#include <memory>

#include "cpython/fake_process.h"
#include "cpython/object_reader.h"
#include "cpython/object_shapes.h"

namespace phlox::cpython {
namespace {

using process::RemoteAddress;

std::string through_frames(std::string_view name) {
  std::array<RawFrame, 8> frames{};
  const std::size_t count = set_task_name(name, frames);
  return task_name(std::span(frames).first(count));
}

TEST(TaskName, LosesTheNumberAtItsEnd) {
  EXPECT_EQ(without_number("Task-17"), "Task");
  EXPECT_EQ(without_number("worker_3"), "worker");
  EXPECT_EQ(without_number("worker3"), "worker");
  EXPECT_EQ(without_number("v2 fetch"), "v2 fetch");
  EXPECT_EQ(without_number("fetch-"), "fetch-");
  EXPECT_EQ(without_number("42"), "");
  EXPECT_EQ(without_number(""), "");
}

TEST(TaskName, TravelsInFrames) {
  for (const std::size_t size : {0u, 1u, 11u, 12u, 13u, 24u, 59u, 60u}) {
    const std::string name(size, 'x');
    EXPECT_EQ(through_frames(name), name);
  }
}

TEST(TaskName, EndsWhereTheNextOneBegins) {
  std::array<RawFrame, 4> frames{};
  const std::size_t first = set_task_name("exactly 12 b", frames);
  const std::size_t second = set_task_name("next", std::span(frames).subspan(first));
  EXPECT_EQ(task_name(std::span(frames).first(first + second)), "exactly 12 b");
  EXPECT_EQ(task_name(std::span(frames).subspan(first, second)), "next");
}

TEST(TaskName, WithoutRoomIsNoFrame) {
  std::array<RawFrame, 1> frames{};
  EXPECT_EQ(set_task_name("longer than one frame", frames), 0u);
}

// A thread whose function `handle` is a coroutine that a task runs, called by `loop`.
class RunningTaskTest : public testing::TestWithParam<int> {
 protected:
  RunningTaskTest() : layout(*layout_of(static_cast<std::uint32_t>(GetParam()))), memory(layout) {
    if (layout.has_asyncio_offsets()) say_offsets();
    thread = memory.allocate(1024);
    memory.put(thread, layout.thread_identity(), kIdentity);
    loop_code = memory.code("loop");
    handle_code = memory.code("handle");
    const RemoteAddress coro = memory.allocate(256);
    const RemoteAddress outer = memory.allocate(kFrameBytes);
    const RemoteAddress inner = layout.generator_frame_object == kNone
                                    ? coro + layout.generator_frame
                                    : memory.allocate(kFrameBytes);
    if (layout.generator_frame_object != kNone)
      memory.put(coro, layout.generator_frame_object, inner);
    RemoteAddress oldest{};
    if (layout.frame_owner_c_stack != kNone) {
      oldest = memory.allocate(kFrameBytes);
      memory.frame(oldest, RemoteAddress::kNull, RemoteAddress::kNull,
                   static_cast<std::uint8_t>(layout.frame_owner_c_stack));
    }
    memory.frame(outer, loop_code, oldest);
    memory.frame(inner, handle_code, outer,
                 layout.has_frame_objects()
                     ? std::uint8_t{0}
                     : static_cast<std::uint8_t>(layout.frame_owner_generator));
    if (layout.thread_cframe != kNone) {
      const RemoteAddress cframe = memory.allocate(64);
      memory.put(cframe, layout.cframe_current_frame, inner);
      memory.put(thread, layout.thread_cframe, cframe);
    } else {
      memory.put(thread, layout.thread_current_frame, inner);
    }
    task = new_task(coro, named("Task-17"));
    set_running(task);
  }

  // As a process says them, at places of our own.
  void say_offsets() {
    const RemoteAddress section = memory.allocate(13 * 8);
    const std::array<std::uint64_t, 13> offsets = {200, 136, 96,  108, 109, 128, 152,
                                                   0,   800, 936, 864, 872, 880};
    for (std::size_t i = 0; i < offsets.size(); ++i) memory.put(section + 8 * i, offsets[i]);
    auto adapted = with_asyncio_offsets(layout, memory, section);
    ASSERT_TRUE(adapted);
    layout = *adapted;
  }
  RemoteAddress type_with(TypeFlag flag) {
    const RemoteAddress type = memory.allocate(layout.type_flags + 8);
    memory.put(type, layout.type_flags, static_cast<std::uint64_t>(flag));
    return type;
  }
  RemoteAddress named(std::string_view name) {
    const RemoteAddress text = memory.string(name);
    memory.put(text, layout.object_type, type_with(TypeFlag::kString));
    return text;
  }
  RemoteAddress new_task(RemoteAddress coro, RemoteAddress name) {
    const RemoteAddress at = memory.allocate(256);
    memory.put(at, layout.task_coro, coro);
    memory.put(at, layout.task_name, name);
    if (layout.task_is_task != kNone) memory.put(at, layout.task_is_task, std::uint8_t{1});
    return at;
  }
  void set_running(RemoteAddress running_task) {
    if (layout.thread_running_task != kNone) {
      running = thread + layout.thread_running_task;
      return memory.put(running, running_task);
    }
    // {loop: task}, after an entry that has been deleted.
    running = memory.allocate(64);
    const RemoteAddress keys = memory.allocate(512);
    memory.put(running, layout.dict_keys, keys);
    if (layout.keys_kind == kNone) {
      memory.put(keys, layout.keys_index_size, std::uint64_t{8});
    } else {
      memory.put(keys, layout.keys_index_size, std::uint8_t{3});
    }
    memory.put(keys, layout.keys_entry_count, std::uint64_t{2});
    memory.put(keys + layout.keys_indices + 8 + 24 + 16, running_task);
  }
  std::vector<std::string> read() {
    const auto stack = std::make_unique<RawStack>();
    reader.read(layout, memory,
                {.address = thread, .identity = kIdentity, .running_tasks = running}, guess,
                *stack);
    EXPECT_EQ(stack->status, StackStatus::kComplete);
    std::vector<std::string> names;
    const auto frames = stack->view();
    for (std::size_t i = 0; i < frames.size(); ++i) {
      if (frames[i].kind == RawFrameKind::kPython)
        names.emplace_back(frames[i].code == loop_code ? "loop" : "handle");
      if (frames[i].kind == RawFrameKind::kTask)
        names.push_back("task " + task_name(frames.subspan(i)));
    }
    return names;
  }

  static constexpr std::uint64_t kIdentity = 4242;
  static constexpr std::uint32_t kFrameBytes = 512;
  Layout layout;
  FakeProcess memory;
  RemoteAddress thread{};
  RemoteAddress loop_code{};
  RemoteAddress handle_code{};
  RemoteAddress task{};
  RemoteAddress running{};
  StackReader reader;
  StackGuess guess;
};

using Names = std::vector<std::string>;

INSTANTIATE_TEST_SUITE_P(Python3, RunningTaskTest, testing::Range(8, 15));
// From 3.14 on a task tells who awaits it.
class AwaitedTaskTest : public RunningTaskTest {};
INSTANTIATE_TEST_SUITE_P(Python3, AwaitedTaskTest, testing::Range(14, 15));

TEST_P(RunningTaskTest, StandsBelowItsCoroutine) {
  EXPECT_EQ(read(), (Names{"handle", "task Task", "loop"}));
}

TEST_P(RunningTaskTest, CostsNoCallMoreOnceItIsKnown) {
  read();
  const int before = memory.calls;
  EXPECT_EQ(read(), (Names{"handle", "task Task", "loop"}));
  EXPECT_EQ(memory.calls, before + 1);
}

TEST_P(RunningTaskTest, IsNotShownWhereItsCoroutineDoesNotRun) {
  set_running(new_task(memory.allocate(512), named("other")));
  EXPECT_EQ(read(), (Names{"handle", "loop"}));
  set_running(RemoteAddress::kNull);
  EXPECT_EQ(read(), (Names{"handle", "loop"}));
  set_running(RemoteAddress{0xdead0000});
  EXPECT_EQ(read(), (Names{"handle", "loop"}));
}

TEST_P(RunningTaskTest, ANumberIsADefaultName) {
  const RemoteAddress number = memory.allocate(64);
  memory.put(number, layout.object_type, type_with(TypeFlag::kLong));
  memory.put(task, layout.task_name, number);
  EXPECT_EQ(read(), (Names{"handle", "task Task", "loop"}));
}

TEST_P(RunningTaskTest, LongNamesAreCutToWholeCharacters) {
  const RemoteAddress name = memory.wide_string(std::u16string(40, u'\u4e16'));
  memory.put(name, layout.object_type, type_with(TypeFlag::kString));
  memory.put(task, layout.task_name, name);
  std::string twenty;
  for (int i = 0; i < 20; ++i) twenty += "\u4e16";
  EXPECT_EQ(read(), (Names{"handle", "task " + twenty, "loop"}));
}

TEST_P(AwaitedTaskTest, WhoAwaitsItIsBelow) {
  const RemoteAddress parent = new_task(RemoteAddress::kNull, named("parent"));
  const RemoteAddress future = memory.allocate(256);  // has no name, but is awaited as well
  memory.put(task, layout.task_awaited_by, future);
  memory.put(future, layout.task_awaited_by, parent);
  EXPECT_EQ(read(), (Names{"handle", "task Task", "task parent", "loop"}));
  memory.put(parent, layout.task_awaited_by, task);  // a circle ends
  EXPECT_EQ(read().size(), 7u);
  memory.put(task, layout.task_awaited_by_is_set, std::uint8_t{1});
  EXPECT_EQ(read(), (Names{"handle", "task Task", "loop"}));
}

TEST(RunningTasks, AbsurdOffsetsOfAsyncioAreRefused) {
  const Layout& layout = newest_layout();
  FakeProcess memory(layout);
  const RemoteAddress section = memory.allocate(13 * 8);
  EXPECT_FALSE(with_asyncio_offsets(layout, memory, section));
  EXPECT_FALSE(with_asyncio_offsets(layout, memory, RemoteAddress::kNull));
}

}  // namespace
}  // namespace phlox::cpython
