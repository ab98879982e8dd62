#include <gtest/gtest.h>

#include <rapidcheck.h>

#include <array>
#include <cmath>
#include <deque>
#include <thread>

#include "sampler/event_ring.h"
#include "sampler/seen_paths.h"
#include "sampler/ticker.h"

namespace phlox::sampler {
namespace {

using cpython::RawFrame;

TEST(Ticker, KeepsTheMeanRateAndLeavesEachDistanceToChance) {
  SteadyTime now{};
  Ticker ticker(1000, now, 42);
  SteadyTime previous = now;
  constexpr int kTicks = 20'000;
  constexpr std::array kBounds = {0.1, 0.5, 1.0, 2.0, 4.0};  // ms
  std::array<int, kBounds.size()> below{};
  for (int i = 0; i < kTicks; ++i) {
    now = ticker.next(now);
    const double distance = std::chrono::duration<double, std::milli>(now - previous).count();
    for (std::size_t at = 0; at < kBounds.size(); ++at) below[at] += distance < kBounds[at] ? 1 : 0;
    previous = now;
  }
  // The leash keeps the sum within some periods of what it should be.
  EXPECT_NEAR(std::chrono::duration<double>(now.time_since_epoch()).count(), 20.0, 0.03);
  for (std::size_t at = 0; at < kBounds.size(); ++at)
    EXPECT_NEAR(below[at], kTicks * (1 - std::exp(-kBounds[at])), 0.015 * kTicks) << kBounds[at];
}

TEST(Ticker, MakesUpForTheTimeThatLooksTake) {
  SteadyTime now{};
  Ticker ticker(1000, now, 7);
  int ticks = 0;
  for (; now < SteadyTime{std::chrono::seconds(10)}; ++ticks)
    now = std::max(now, ticker.next(now)) + std::chrono::microseconds(200);
  EXPECT_NEAR(ticks, 10'000, 100);
}

TEST(Ticker, APauseIsNotMadeUpForByABurst) {
  Ticker ticker(1000, SteadyTime{}, 1);
  SteadyTime now{std::chrono::seconds(5)};
  constexpr int kTicks = 1'000;
  for (int i = 0; i < kTicks; ++i) now = ticker.next(now);
  EXPECT_NEAR(std::chrono::duration<double>(now.time_since_epoch()).count(), 6.0, 0.03);
}

TEST(SeenPaths, ArePathsThroughCodeAndNotPlacesInIt) {
  SeenPaths seen;
  std::array<RawFrame, 2> frames = {RawFrame{process::RemoteAddress{0x1000}, 4},
                                    RawFrame{process::RemoteAddress{0x2000}, 8}};
  EXPECT_TRUE(seen.is_new(TargetId{0}, frames));
  frames[0].instruction_offset = 16;
  EXPECT_FALSE(seen.is_new(TargetId{0}, frames));
  EXPECT_TRUE(seen.is_new(TargetId{1}, frames));
  EXPECT_TRUE(seen.is_new(TargetId{0}, std::span(frames).first(1)));
  std::swap(frames[0], frames[1]);
  EXPECT_TRUE(seen.is_new(TargetId{0}, frames));
}

Event sample(std::uint32_t number) {
  return {.target = TargetId{number}, .kind = EventKind::kSample, .cpu_ns = number};
}

TEST(EventRing, GivesBackWhatWentInInOrder) {
  EXPECT_TRUE(rc::check(
      "ring against a queue", [](const std::vector<std::pair<bool, std::uint16_t>>& steps) {
        EventRing ring(40'000);
        std::deque<std::pair<std::uint32_t, std::size_t>> model;
        std::uint32_t number = 0;
        const auto drain = [&] {
          ring.drain([&](const Event& event, std::span<const RawFrame> frames) {
            RC_ASSERT(!model.empty());
            RC_ASSERT(static_cast<std::uint32_t>(event.target) == model.front().first);
            RC_ASSERT(frames.size() == model.front().second);
            for (const RawFrame& frame : frames)
              RC_ASSERT(to_number(frame.code) == model.front().first);
            model.pop_front();
          });
        };
        for (const auto& [push, size] : steps) {
          if (!push) {
            drain();
            continue;
          }
          const std::vector<RawFrame> frames(size % (cpython::kMaxRawFrames + 1),
                                             {.code = process::RemoteAddress{number}});
          if (ring.push(sample(number), frames)) model.emplace_back(number, frames.size());
          ++number;
        }
        drain();
        RC_ASSERT(model.empty());
      }));
}

TEST(EventRing, IsFullBeforeItOverwritesAndEmptyAgainAfterADrain) {
  EventRing ring(40'000);
  std::uint32_t pushed = 0;
  while (ring.push(sample(pushed), {})) ++pushed;
  EXPECT_GT(pushed, 100u);
  std::uint32_t seen = 0;
  ring.drain([&](const Event& event, auto) { EXPECT_EQ(event.cpu_ns, seen++); });
  EXPECT_EQ(seen, pushed);
  EXPECT_TRUE(ring.push(sample(0), {}));
}

TEST(EventRing, AWriterAndAReaderThreadAgree) {
  EventRing ring(40'000);
  constexpr std::uint32_t kEvents = 50'000;
  std::jthread writer([&] {
    for (std::uint32_t i = 0; i < kEvents;) {
      const std::vector<RawFrame> frames(i % 40, {.code = process::RemoteAddress{i}});
      if (ring.push(sample(i), frames)) {
        ++i;
      } else {
        std::this_thread::yield();
      }
    }
  });
  std::uint32_t next = 0;
  while (next < kEvents) {
    std::this_thread::yield();
    ring.drain([&](const Event& event, std::span<const RawFrame> frames) {
      ASSERT_EQ(static_cast<std::uint32_t>(event.target), next);
      ASSERT_EQ(frames.size(), next % 40);
      ++next;
    });
  }
}

}  // namespace
}  // namespace phlox::sampler
