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

}  // namespace
}  // namespace phlox::cpython
