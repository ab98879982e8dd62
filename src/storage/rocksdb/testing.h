// What tests of the embedded store share.
#pragma once

#include <gtest/gtest.h>

#include <span>
#include <string>

#include "base/varint.h"
#include "storage/rocksdb/cell.h"
#include "storage/rocksdb_store.h"
#include "storage/testing.h"

namespace phlox::storage::testing {

// A copy is flushed beside writes, which RocksDB, not instrumented, does by atomics:
// ThreadSanitizer takes that for a race, now and then.
#ifdef __SANITIZE_THREAD__
#define PHLOX_SKIP_COPIES_BESIDE_WRITES() GTEST_SKIP() << "RocksDB is not instrumented"
#else
#define PHLOX_SKIP_COPIES_BESIDE_WRITES() static_cast<void>(0)
#endif

// A cell as format 3 wrote it.
inline std::string varint_cell(const CellHead& head, std::span<const StackPair> pairs) {
  std::string out;
  append_varint(out, head.covered_ns);
  append_varint(out, head.profiles);
  std::uint32_t last = 0;
  for (const auto& [stack, value] : pairs) {
    append_varint(out, stack - last);
    append_wide_varint(out, value);
    last = stack;
  }
  return out;
}

// A store with options of a test's own, beside the model of what was written to it.
class Kept : public ::testing::Test {
 protected:
  RocksOptions options() {
    return {.directory = directory_.path, .close_every = Nanoseconds::zero(), .clock = &clock_};
  }
  void write(Store& store, const Pushed& pushed) {
    ASSERT_TRUE(push(store, pushed));
    model_.write(pushed);
  }
  // The whole of the first hours after kMonday, widened to buckets of the level. Returns what was
  // found.
  Totals expect_all(Store& store, Level level, std::int64_t seconds,
                    const Selector& selector = {}) {
    profile::Symbols symbols;
    const std::int64_t width = width_s(level);
    const Tile tile{level, align_down(kMonday, width), align_up(kMonday + seconds, width)};
    const Merged merged =
        store.merge(selector, profile::kProcessCpu, std::span(&tile, 1), symbols).value();
    EXPECT_EQ(by_text(symbols, merged.values),
              model_.merge(selector, profile::kProcessCpu, tile.from_s, tile.until_s));
    EXPECT_EQ(merged.totals.profiles,
              model_.totals(selector, profile::kProcessCpu, tile.from_s, tile.until_s).profiles);
    return merged.totals;
  }

  TemporaryDirectory directory_;
  ManualClock clock_;
  Model model_;
};

}  // namespace phlox::storage::testing
