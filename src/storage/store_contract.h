// What every Store must do. A test program of an implementation instantiates it:
//
//     INSTANTIATE_TEST_SUITE_P(Embedded, StoreContract, ::testing::Values(make_rocks_world), name);
//
// and includes store_contract_tests.h once.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "storage/testing.h"

namespace phlox::storage::testing {

// A store in a directory of its own, which can be closed and opened again.
class StoreWorld {
 public:
  virtual ~StoreWorld() = default;
  virtual Store& store() = 0;
  virtual void reopen() = 0;
  ManualClock clock;
};

using MakeWorld = std::unique_ptr<StoreWorld> (*)();

class StoreContract : public ::testing::TestWithParam<MakeWorld> {
 protected:
  std::unique_ptr<StoreWorld> world_ = GetParam()();
  Store& store() { return world_->store(); }

  WriteCounts write(const Pushed& pushed) {
    const auto counts = push(store(), pushed);
    EXPECT_TRUE(counts) << counts.error().message();
    return counts ? *counts : WriteCounts();
  }
  std::string merged(const std::vector<Tile>& tiles, const Selector& selector = {},
                     std::string_view type = kCpu) {
    profile::Symbols symbols;
    const auto found = store().merge(selector, type, tiles, symbols);
    if (!found) return found.error().message();
    std::string text;
    for (const auto& [stack, sum] : by_text(symbols, found->values))
      text += fmt::format("{} {}\n", stack, sum.to_int64().value());
    return text;
  }
  Totals totals(const std::vector<Tile>& tiles, std::string_view type = kCpu) {
    const auto rows = store().timeline({}, type, std::span(&tiles, 1), "");
    return rows && !rows->empty() ? rows->at(0).points.at(0) : Totals();
  }
  static std::int64_t ns(std::int64_t second) { return second * kNanosecondsPerSecond; }

  static constexpr std::string_view kCpu = profile::kProcessCpu;
  static constexpr std::string_view kHeap = "process_cpu:inuse_space:bytes:inuse_space:bytes";
};

}  // namespace phlox::storage::testing
