#include "sampler/lateness.h"

#include <gtest/gtest.h>

namespace phlox::sampler {
namespace {

TEST(Lateness, IsNothingBeforeAnythingWasLate) {
  EXPECT_EQ(Lateness().within(0.99), Nanoseconds(0));
}

TEST(Lateness, TellsTheShareThatCameWithin) {
  Lateness lateness;
  for (int i = 0; i < 99; ++i) lateness.add(Nanoseconds(5));
  lateness.add(std::chrono::milliseconds(3));
  EXPECT_EQ(lateness.within(0.5), Nanoseconds(5));
  EXPECT_EQ(lateness.within(0.99), Nanoseconds(5));
  EXPECT_GE(lateness.within(1), std::chrono::milliseconds(3));
  EXPECT_LE(lateness.within(1), std::chrono::microseconds(3375));
}

TEST(Lateness, IsKnownToAnEighthAndNeverTooSmall) {
  for (std::int64_t ns = 1; ns < INT64_MAX / 3; ns += 1 + ns / 3) {
    Lateness lateness;
    lateness.add(Nanoseconds(ns));
    EXPECT_GE(lateness.within(1).count(), ns);
    EXPECT_LE(lateness.within(1).count(), ns + ns / 8);
  }
}

TEST(Lateness, EarlyIsNotLateAndNothingIsTooLate) {
  Lateness lateness;
  lateness.add(Nanoseconds(-1000));
  EXPECT_EQ(lateness.within(1), Nanoseconds(0));
  lateness.add(Nanoseconds::max());
  EXPECT_EQ(lateness.within(1), Nanoseconds::max());
}

}  // namespace
}  // namespace phlox::sampler
