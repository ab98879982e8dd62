#include "cpython/stack_reader.h"

#include <gtest/gtest.h>

#include "cpython/fake_process.h"

namespace phlox::cpython {
namespace {

using process::RemoteAddress;

constexpr std::uint64_t kIdentity = 4242;
constexpr std::uint32_t kFrameBytes = 128;
constexpr std::uint32_t kChunkBytes = 4096;
constexpr std::uint32_t kChunkHeader = 24;

// A thread with a stack, for each known layout: how it points to its newest frame differs.
class StackReaderTest : public testing::TestWithParam<int> {
 protected:
  StackReaderTest() : layout(layout_of_parameter(GetParam())), memory(layout) {
    thread = memory.allocate(512);
    memory.put(thread, layout.thread_identity(), kIdentity);
    if (!has_chunks()) return;
    memory.put(thread, layout.thread_exc_info,
               memory.allocate(16));  // its own, the last of the list
    chunk = new_chunk(RemoteAddress::kNull);
    used += 8;  // the first word of the first chunk stays free
    if (layout.thread_cframe != kNone) {
      const RemoteAddress root_cframe = memory.allocate(64);
      memory.put(thread, layout.thread_cframe, root_cframe);
      enter_loop();
    }
    if (layout.frame_owner_c_stack != kNone)
      call_elsewhere(memory.allocate(64), static_cast<std::uint8_t>(layout.frame_owner_c_stack));
  }

  // To 3.12: a new evaluation loop, of which nothing is known yet.
  void enter_loop() {
    RemoteAddress older{};
    memory.read_value(thread + layout.thread_cframe, older);
    cframe = memory.allocate(64);
    memory.put(cframe, layout.cframe_previous, older);
    memory.put(thread, layout.thread_cframe, cframe);
  }

  bool has_chunks() const { return !layout.has_frame_objects(); }

  RemoteAddress new_chunk(RemoteAddress previous) {
    const RemoteAddress at = memory.allocate(kChunkBytes);
    memory.put(at, previous);
    memory.put(at + 8, std::uint64_t{kChunkBytes});
    memory.put(thread, layout.thread_datastack_chunk, at);
    used = kChunkHeader;
    set_top(at);
    return at;
  }
  void set_top(RemoteAddress at) {
    memory.put(at + 16, std::uint64_t{(used - kChunkHeader) / 8});
    memory.put(thread, layout.thread_datastack_top, at + used);
  }
  void set_current(RemoteAddress frame) {
    current = frame;
    if (layout.thread_current_frame != kNone)
      return memory.put(thread, layout.thread_current_frame, frame);
    memory.put(cframe, layout.cframe_current_frame, frame);
  }
  void mark_entry(RemoteAddress frame) {
    if (layout.frame_is_entry != kNone)
      memory.put(frame, layout.frame_is_entry, std::uint8_t{current == RemoteAddress::kNull});
  }
  // Calls a function: a frame on the newest chunk, or an object of its own.
  void call(RemoteAddress code) {
    if (!has_chunks()) return call_elsewhere(code, 0);
    const RemoteAddress at = chunk + used;
    memory.frame(at, code, current);
    mark_entry(at);
    if (layout.code_frame_size != kNone && code != RemoteAddress::kNull)
      memory.put(code, layout.code_frame_size, std::uint32_t{kFrameBytes / 8});
    used += kFrameBytes;
    set_top(chunk);
    set_current(at);
  }
  // A frame outside the chunks: of a generator, or an entry frame on the C stack.
  void call_elsewhere(RemoteAddress code, std::uint8_t owner) {
    const RemoteAddress at = memory.allocate(kFrameBytes);
    memory.frame(at, code, current, owner);
    mark_entry(at);
    set_current(at);
  }
  // Resumes a generator: its frame is inside of it, its exception state goes on the thread's list.
  void resume(RemoteAddress code) {
    const RemoteAddress generator = memory.allocate(layout.generator_frame + kFrameBytes);
    const RemoteAddress at = generator + layout.generator_frame;
    memory.frame(at, code, current, static_cast<std::uint8_t>(layout.frame_owner_generator));
    RemoteAddress newest{};
    memory.read_value(thread + layout.thread_exc_info, newest);
    memory.put(generator + layout.generator_exc_state, layout.exc_info_previous, newest);
    memory.put(thread, layout.thread_exc_info, generator + layout.generator_exc_state);
    set_current(at);
  }
  void suspend() {
    RemoteAddress newest{};
    RemoteAddress older{};
    memory.read_value(thread + layout.thread_exc_info, newest);
    memory.read_value(newest + layout.exc_info_previous, older);
    memory.put(thread, layout.thread_exc_info, older);
  }
  // For an instant the current frame has no caller.
  void cut() { memory.put(current, layout.frame_previous, RemoteAddress::kNull); }
  std::vector<RemoteAddress> codes() const {
    std::vector<RemoteAddress> all;
    for (const RawFrame& frame : stack.view()) all.push_back(frame.code);
    return all;
  }
  StackStatus read() {
    reader.read(layout, memory,
                {.address = thread,
                 .identity = kIdentity,
                 .gil = gil,
                 .collecting = collecting,
                 .last_cpu = last_cpu},
                guess, stack);
    return stack.status;
  }

  const Layout& layout;
  FakeProcess memory;
  RemoteAddress thread{};
  RemoteAddress chunk{};
  RemoteAddress current{};
  RemoteAddress gil{};
  RemoteAddress collecting{};
  RemoteAddress last_cpu{};
  RemoteAddress cframe{};  // of the newest evaluation loop, to 3.12
  std::uint32_t used = kChunkHeader;
  StackReader reader;
  StackGuess guess;
  RawStack stack;
};

INSTANTIATE_TEST_SUITE_P(Python3, StackReaderTest, testing::Range(6, 15));
INSTANTIATE_TEST_SUITE_P(Python2, StackReaderTest, testing::Values(kPython2_7));

// What only some versions have: a frame object for each call, chunks of frames instead, a _PyCFrame
// for each evaluation loop, an entry frame for each (3.11 runs each generator in a loop of its own,
// so that its links are never missing), a flag while a collection runs.
class FrameObjectTest : public StackReaderTest {};
class ChunkTest : public StackReaderTest {};
class CFrameTest : public StackReaderTest {};
class EntryFrameTest : public StackReaderTest {};
class CollectionTest : public StackReaderTest {};
INSTANTIATE_TEST_SUITE_P(Python3, FrameObjectTest, testing::Range(6, 11));
INSTANTIATE_TEST_SUITE_P(Python2, FrameObjectTest, testing::Values(kPython2_7));
INSTANTIATE_TEST_SUITE_P(Python3, ChunkTest, testing::Range(11, 15));
INSTANTIATE_TEST_SUITE_P(Python3, CFrameTest, testing::Range(11, 13));
INSTANTIATE_TEST_SUITE_P(Python3, EntryFrameTest, testing::Range(12, 15));
INSTANTIATE_TEST_SUITE_P(Python3, CollectionTest, testing::Range(9, 15));

TEST_P(StackReaderTest, ReadsFramesLeafFirst) {
  const RemoteAddress main = memory.code("main");
  const RemoteAddress foo = memory.code("foo");
  call(main);
  call(foo);
  EXPECT_EQ(read(), StackStatus::kComplete);
  EXPECT_EQ(codes(), (std::vector{foo, main}));
  EXPECT_EQ(stack.view()[0].instruction_offset,
            static_cast<std::int32_t>(layout.code_instructions));
}

TEST_P(StackReaderTest, AnUnchangedStackCostsOneRead) {
  call(memory.code("main"));
  call_elsewhere(memory.code("generator"), 1);
  call(memory.code("foo"));
  read();
  const int before = memory.calls;
  EXPECT_EQ(read(), StackStatus::kComplete);
  EXPECT_EQ(stack.frame_count, 3u);
  EXPECT_EQ(memory.calls, before + 1);
}

TEST_P(StackReaderTest, TheLastCpuIsReadBehindTheWholeStack) {
  last_cpu = memory.allocate(8);
  memory.put(last_cpu, std::uint32_t{1});
  call(memory.code("main"));
  read();
  const int before = memory.calls;
  EXPECT_EQ(read(), StackStatus::kComplete);
  EXPECT_EQ(stack.last_cpu, 1u);
  EXPECT_EQ(memory.calls, before + 1);

  call_elsewhere(memory.code("generator"), 1);  // which is not where the last stack was
  memory.before_read = [this, first = memory.calls] {
    memory.put(last_cpu, memory.calls == first ? std::uint32_t{1} : std::uint32_t{2});
  };
  EXPECT_EQ(read(), StackStatus::kComplete);
  EXPECT_EQ(stack.last_cpu, 2u);
  EXPECT_EQ(read(), StackStatus::kComplete);

  memory.before_read = {};
  memory.release(last_cpu);
  EXPECT_EQ(read(), StackStatus::kComplete);
  EXPECT_EQ(stack.last_cpu, std::nullopt);
}

TEST_P(EntryFrameTest, EntryFramesAreSteppedOver) {
  const RemoteAddress main = memory.code("main");
  call(main);
  if (layout.thread_cframe != kNone) enter_loop();
  call_elsewhere(memory.allocate(64), static_cast<std::uint8_t>(layout.frame_owner_c_stack));
  EXPECT_EQ(read(), StackStatus::kComplete);
  EXPECT_EQ(codes(), std::vector{main});
}

TEST_P(ChunkTest, FollowsOlderChunks) {
  const RemoteAddress f = memory.code("f");
  for (int i = 0; i < 90; ++i) {
    if (used + kFrameBytes > kChunkBytes) chunk = new_chunk(chunk);
    call(f);
  }
  EXPECT_EQ(read(), StackStatus::kComplete);
  EXPECT_EQ(stack.frame_count, 90u);
  const int before = memory.calls;
  EXPECT_EQ(read(), StackStatus::kComplete);
  EXPECT_EQ(stack.frame_count, 90u);
  EXPECT_EQ(memory.calls, before + 1);
}

TEST_P(StackReaderTest, AStaleGuessIsMadeGood) {
  const RemoteAddress main = memory.code("main");
  call(main);
  const RemoteAddress main_frame = current;
  call_elsewhere(memory.code("generator"), 1);
  read();
  memory.release(current);  // what the guess remembers is no longer readable
  const RemoteAddress second = memory.code("second");
  const RemoteAddress fresh = memory.allocate(kFrameBytes);
  memory.frame(fresh, second, main_frame);
  set_current(fresh);
  EXPECT_EQ(read(), StackStatus::kComplete);
  EXPECT_EQ(codes(), (std::vector{second, main}));
}

TEST_P(StackReaderTest, AStackTooDeepSaysSo) {
  const RemoteAddress f = memory.code("f");
  for (std::size_t i = 0; i < kMaxRawFrames + 20; ++i) {
    if (has_chunks() && used + kFrameBytes > kChunkBytes) chunk = new_chunk(chunk);
    call(f);
  }
  EXPECT_EQ(read(), StackStatus::kTruncated);
  EXPECT_EQ(stack.frame_count, kMaxRawFrames);
}

TEST_P(FrameObjectTest, DeepStacksOfFrameObjectsAreReadAtOnce) {
  const RemoteAddress f = memory.code("f");
  constexpr std::uint32_t kDepth = 200;
  for (std::uint32_t i = 0; i < kDepth; ++i) call(f);
  EXPECT_EQ(read(), StackStatus::kComplete);
  const int before = memory.calls;
  EXPECT_EQ(read(), StackStatus::kComplete);
  EXPECT_EQ(stack.frame_count, kDepth);
  EXPECT_EQ(memory.calls, before + 4);  // of 64 pieces each

  call(f);  // a new one costs a call more
  EXPECT_EQ(read(), StackStatus::kComplete);
  EXPECT_EQ(stack.frame_count, kDepth + 1);
  EXPECT_EQ(memory.calls, before + 9);
}

TEST_P(StackReaderTest, ACircleEnds) {
  call(memory.code("f"));
  memory.put(current, layout.frame_previous, current);
  if (layout.frame_is_entry != kNone) memory.put(current, layout.frame_is_entry, std::uint8_t{0});
  EXPECT_EQ(read(), StackStatus::kTruncated);
}

TEST_P(StackReaderTest, DamagedMemoryIsUnreadable) {
  call(memory.code("main"));
  set_current(RemoteAddress{0x7fff00000000});
  EXPECT_EQ(read(), StackStatus::kUnreadable);
  call(RemoteAddress::kNull);  // a frame without code
  EXPECT_EQ(read(), StackStatus::kUnreadable);
  if (has_chunks()) {
    memory.put(thread, layout.thread_datastack_top, RemoteAddress{1});  // top below its chunk
    EXPECT_EQ(read(), StackStatus::kUnreadable);
  }
  memory.release(thread);
  EXPECT_EQ(read(), StackStatus::kUnreadable);
}

TEST_P(EntryFrameTest, AGeneratorThatIsNotLinkedGetsItsCallerBack) {
  const RemoteAddress main = memory.code("main");
  const RemoteAddress outer = memory.code("outer");
  const RemoteAddress inner = memory.code("inner");
  const RemoteAddress helper = memory.code("helper");
  call(main);
  resume(outer);
  const RemoteAddress outer_frame = current;
  cut();  // called by a function
  EXPECT_EQ(read(), StackStatus::kComplete);
  EXPECT_EQ(codes(), (std::vector{outer, main}));

  memory.put(outer_frame, layout.frame_previous, chunk + kChunkHeader + 8);
  resume(inner);
  cut();  // called by a generator
  EXPECT_EQ(read(), StackStatus::kComplete);
  EXPECT_EQ(codes(), (std::vector{inner, outer, main}));

  suspend();
  set_current(outer_frame);
  call(helper);
  resume(inner);
  cut();  // called by a function that a generator called
  EXPECT_EQ(read(), StackStatus::kComplete);
  EXPECT_EQ(codes(), (std::vector{inner, helper, outer, main}));
}

TEST_P(EntryFrameTest, AGeneratorWhoseCallerIsNotKnownIsIncomplete) {
  const RemoteAddress main = memory.code("main");
  const RemoteAddress generator = memory.code("generator");
  call(main);
  resume(generator);
  cut();
  memory.put(main, layout.code_frame_size, std::uint32_t{kFrameBytes});  // not what ends at the top
  EXPECT_EQ(read(), StackStatus::kIncomplete);
  EXPECT_EQ(codes(), std::vector{generator});
}

TEST_P(EntryFrameTest, AChainThatEndsWithoutAnEntryFrameIsIncomplete) {
  const RemoteAddress main = memory.code("main");
  call(main);
  cut();
  EXPECT_EQ(read(), StackStatus::kIncomplete);
}

TEST_P(CFrameTest, ALoopThatSaysNothingYetShowsItsCaller) {
  const RemoteAddress main = memory.code("main");
  const RemoteAddress ended = memory.code("ended");
  call(main);
  call(ended);
  const RemoteAddress stale = current;
  set_current(chunk + kChunkHeader + 8);
  enter_loop();
  for (const RemoteAddress garbage : {RemoteAddress::kNull, RemoteAddress{0x446}, stale}) {
    memory.put(cframe, layout.cframe_current_frame, garbage);
    // What lies on the stack may be the frame of a call that is over.
    memory.put(stale, layout.frame_previous, RemoteAddress::kNull);
    EXPECT_EQ(read(), StackStatus::kComplete);
    EXPECT_EQ(codes(), std::vector{main});
  }
}

TEST_P(CollectionTest, ACollectionIsAFrameOfTheThreadWithTheGil) {
  call(memory.code("main"));
  gil = memory.allocate(layout.gil_size);
  collecting = memory.allocate(8);
  memory.put(gil, layout.gil_last_holder, thread);
  memory.put(gil, layout.gil_locked, std::int32_t{1});
  read();
  EXPECT_EQ(stack.frame_count, 1u);
  memory.put(collecting, std::int32_t{1});
  EXPECT_EQ(read(), StackStatus::kComplete);
  ASSERT_EQ(stack.frame_count, 2u);
  EXPECT_EQ(stack.view()[0].kind, RawFrameKind::kCollection);
  memory.put(gil, layout.gil_last_holder, RemoteAddress{0x1000});
  read();
  EXPECT_EQ(stack.frame_count, 1u);
}

// The process tells where its newest interpreter is; the thread's own is the only one until then.
TEST_P(StackReaderTest, AStateThatMayNotBeInUseIsNotRead) {
  call(memory.code("main"));
  const RemoteAddress interpreter = memory.allocate(8);
  const RemoteAddress newest = memory.allocate(8);
  gil = memory.allocate(64);
  ThreadState state{.address = thread,
                    .identity = kIdentity,
                    .gil = gil,
                    .interpreter = interpreter,
                    .newest_interpreter = newest};
  const auto read_as = [&](Use use) {
    reader.read(layout, memory, state, guess, stack, use);
    return stack.status;
  };
  memory.put(newest, interpreter);
  EXPECT_EQ(read_as(Use::kUnknown), StackStatus::kComplete);
  memory.put(newest, memory.allocate(8));
  EXPECT_EQ(read_as(Use::kUnknown), StackStatus::kOtherState);
  EXPECT_EQ(stack.frame_count, 0u);
  EXPECT_EQ(read_as(Use::kKnown), StackStatus::kComplete);
  memory.put(newest, interpreter);
  state.has_older_interpreter = true;
  EXPECT_EQ(read_as(Use::kUnknown), StackStatus::kOtherState);
  if (layout.interpreter_gil == kNone) return;  // who holds the GIL uses the state that has it
  memory.put(gil, layout.gil_last_holder, thread);
  memory.put(gil, layout.gil_locked, std::int32_t{1});
  EXPECT_EQ(read_as(Use::kUnknown), StackStatus::kComplete);
  memory.release(thread);  // with its interpreter
  EXPECT_EQ(read_as(Use::kUnknown), StackStatus::kUnreadable);
}

TEST_P(StackReaderTest, AThreadStateOfAnotherThreadIsNoticed) {
  call(memory.code("main"));
  memory.put(thread, layout.thread_identity(), kIdentity + 1);
  EXPECT_EQ(read(), StackStatus::kOtherThread);
}

}  // namespace
}  // namespace phlox::cpython
