#include "sampler/wake_up.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <thread>

namespace phlox::sampler {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kNever = 1h;

SteadyTime in(Nanoseconds time) { return Clock::system().steady_now() + time; }

TEST(WakeUp, EndsAWaitByACallThatCameBefore) {
  WakeUp wake_up;
  wake_up.call();
  wake_up.call();
  EXPECT_FALSE(wake_up.wait_until(in(kNever), -1));
  const SteadyTime end = in(5ms);
  wake_up.wait_until(end, -1);  // both calls are over
  EXPECT_GE(Clock::system().steady_now(), end);
}

TEST(WakeUp, EndsAWaitByACallOfAnotherThread) {
  WakeUp wake_up;
  const std::jthread caller([&] { wake_up.call(); });
  wake_up.wait_until(in(kNever), -1);
}

TEST(WakeUp, EndsAWaitByAFileAndOneForATimeThatIsOver) {
  WakeUp wake_up;
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const UniqueFd reading(ends[0]);
  const UniqueFd writing(ends[1]);
  EXPECT_FALSE(wake_up.wait_until(SteadyTime{}, reading.get()));
  ASSERT_EQ(::write(writing.get(), "x", 1), 1);
  EXPECT_TRUE(wake_up.wait_until(in(kNever), reading.get()));
  wake_up.call();
  EXPECT_FALSE(wake_up.wait_until(in(kNever), reading.get())) << "a call comes first";
}

TEST(Flag, CanBeWaitedForAsLongAsItIsTrue) {
  WakeUp wake_up;
  Flag flag;
  const auto waits_in_vain = [&] {
    const SteadyTime end = in(5ms);
    wake_up.wait_until(end, flag.file());
    return Clock::system().steady_now() >= end;
  };
  EXPECT_TRUE(waits_in_vain());
  flag.set(true);
  flag.set(true);
  EXPECT_TRUE(flag.is_set());
  for (int i = 0; i < 2; ++i) wake_up.wait_until(in(kNever), flag.file());
  flag.set(false);
  EXPECT_FALSE(flag.is_set());
  EXPECT_TRUE(waits_in_vain());
}

}  // namespace
}  // namespace phlox::sampler
