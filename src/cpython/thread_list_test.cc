#include "cpython/thread_list.h"

#include <gtest/gtest.h>

#include "cpython/fake_process.h"

namespace phlox::cpython {
namespace {

using process::RemoteAddress;

constexpr std::uint32_t kBarrier = 20;  // in a waiter of musl: see thread_list.cc

class GilWaiters : public testing::Test {
 protected:
  // Sleeps on a condition; `newer` began to later.
  RemoteAddress musl_waiter(RemoteAddress newer) {
    const RemoteAddress at = process_.allocate(32);
    process_.put(at, newer);
    process_.put(at, kBarrier, std::int32_t{2});
    return at;
  }
  bool waits(std::uint64_t futex) const {
    return waits_for_gil(layout_, process_, {.gil = gil_}, futex);
  }

  const Layout& layout_ = newest_layout();
  FakeProcess process_{layout_};
  const RemoteAddress gil_ = process_.allocate(layout_.gil_size);
};

TEST_F(GilWaiters, OfGlibcSleepInTheGil) {
  EXPECT_TRUE(waits(to_number(gil_) + 16));
  EXPECT_TRUE(waits(to_number(gil_) + layout_.gil_size - 4));
  EXPECT_FALSE(waits(to_number(gil_) + layout_.gil_size));
  EXPECT_FALSE(waits(to_number(gil_) - 4));
  EXPECT_FALSE(waits(0));
}

TEST_F(GilWaiters, OfMuslSleepOnTheirStacksAndTheNewestStandsInTheGil) {
  const RemoteAddress newest = musl_waiter(RemoteAddress::kNull);
  const RemoteAddress second = musl_waiter(newest);
  const RemoteAddress oldest = musl_waiter(second);
  for (const RemoteAddress waiter : {newest, second, oldest})
    EXPECT_FALSE(waits(to_number(waiter) + kBarrier)) << "for another condition";
  process_.put(gil_, 24, newest);
  for (const RemoteAddress waiter : {newest, second, oldest})
    EXPECT_TRUE(waits(to_number(waiter) + kBarrier));
  process_.put(oldest, kBarrier - 4, std::int32_t{1});
  EXPECT_FALSE(waits(to_number(oldest) + kBarrier)) << "woken";
  process_.put(newest, newest);
  EXPECT_FALSE(waits(to_number(second) + kBarrier)) << "a circle";
}

// One thread with a state in several interpreters.
class StatesOfAThread : public testing::TestWithParam<int> {
 protected:
  static constexpr std::uint64_t kIdentity = 4242;

  StatesOfAThread() : layout_(layout_of_parameter(GetParam())), process_(layout_) {}

  // Pieces of memory follow each other upwards, so what is allocated first is the innermost on a
  // stack that grows down.
  RemoteAddress place_on_c_stack() { return process_.allocate(128); }
  RemoteAddress add_state() {
    const RemoteAddress state = process_.allocate(512);
    states_.push_back({.address = state, .identity = kIdentity});
    if (layout_.thread_cframe != kNone)
      process_.put(state, layout_.thread_cframe, process_.allocate(64));
    return state;
  }
  // In an evaluation loop that lies there.
  void run(RemoteAddress state, RemoteAddress on_c_stack) {
    if (layout_.thread_cframe != kNone) {
      RemoteAddress older{};
      process_.read_value(state + layout_.thread_cframe, older);
      process_.put(on_c_stack, layout_.cframe_previous, older);
      return process_.put(state, layout_.thread_cframe, on_c_stack);
    }
    RemoteAddress frame = process_.allocate(128);
    if (layout_.has_frame_objects()) {
      process_.frame(frame, process_.code("f"), RemoteAddress::kNull);
    } else {
      process_.frame(on_c_stack, process_.code("entry"), RemoteAddress::kNull,
                     static_cast<std::uint8_t>(layout_.frame_owner_c_stack));
      process_.frame(frame, process_.code("f"), on_c_stack);
    }
    process_.put(state, layout_.thread_current_frame, frame);
  }
  RemoteAddress in_use() const {
    const ThreadState* state = state_in_use(layout_, process_, states_, kIdentity);
    return state == nullptr ? RemoteAddress::kNull : state->address;
  }

  const Layout& layout_;
  FakeProcess process_;
  std::vector<ThreadState> states_;  // as they are listed: newest interpreter first
};

// From 3.11 on states tell where their loops lie.
class StatesWithPlaces : public StatesOfAThread {};
INSTANTIATE_TEST_SUITE_P(Python3, StatesOfAThread, testing::Range(6, 15));
INSTANTIATE_TEST_SUITE_P(Python2, StatesOfAThread, testing::Values(kPython2_7));
INSTANTIATE_TEST_SUITE_P(Python3, StatesWithPlaces, testing::Range(11, 15));

TEST_P(StatesOfAThread, TheInnermostLoopTellsWhichIsInUse) {
  const RemoteAddress innermost = place_on_c_stack();
  const RemoteAddress outermost = place_on_c_stack();
  const RemoteAddress newest = add_state();
  const RemoteAddress second = add_state();
  const RemoteAddress main = add_state();
  EXPECT_EQ(in_use(), main) << "none of them runs anything";
  run(main, outermost);
  EXPECT_EQ(in_use(), main);
  run(second, innermost);
  EXPECT_EQ(in_use(), second) << "main waits for it; the newest runs nothing";
  EXPECT_NE(in_use(), newest);
}

TEST_P(StatesWithPlaces, AnOlderInterpreterMayBeEnteredFromANewerOne) {
  const RemoteAddress innermost = place_on_c_stack();
  const RemoteAddress outermost = place_on_c_stack();
  const RemoteAddress newest = add_state();
  const RemoteAddress older = add_state();
  run(newest, outermost);
  run(older, innermost);
  EXPECT_EQ(in_use(), older);
}

TEST_P(StatesOfAThread, ThoseOfOtherThreadsDoNotCount) {
  run(add_state(), place_on_c_stack());
  states_.back().identity = kIdentity + 1;
  EXPECT_EQ(in_use(), RemoteAddress::kNull);
  const RemoteAddress own = add_state();
  EXPECT_EQ(in_use(), own);
}

}  // namespace
}  // namespace phlox::cpython
