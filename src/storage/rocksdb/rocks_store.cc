#include "storage/rocksdb/rocks_store.h"

#include <algorithm>
#include <atomic>

#include "base/beside.h"
#include "base/cancellation.h"
#include "base/log.h"
#include "storage/rocksdb/horizons.h"
#include "storage/rocksdb/stack_means.h"
#include "storage/rocksdb/stack_sums.h"
#include "storage/rocksdb/totals_reader.h"
#include "storage/rocksdb/upgrade.h"

namespace phlox::storage {
namespace {

// To look for a stack and its callers costs about as much as to pass over so many nodes.
constexpr std::size_t kNodesWorthALook = 64;

// Some milliseconds of reading, beside which starting a thread is nothing.
constexpr std::size_t kGroupsWorthAThread = 8;
constexpr std::size_t kPartsOfAll = 16;

}  // namespace

Result<std::unique_ptr<Store>> open_rocksdb_store(const RocksOptions& options) {
  PHLOX_TRY(DataDirectory directory, DataDirectory::open(options.directory));
  PHLOX_TRY(auto database, Database::open(directory.database_path()));
  PHLOX_TRY(upgrade(directory, *database));
  auto store = std::make_unique<RocksStore>(options, std::move(directory), std::move(database));
  PHLOX_TRY(store->start());
  return std::unique_ptr<Store>(std::move(store));
}

Result<> RocksStore::start() {
  PHLOX_TRY(catalog_.load(*database_));
  PHLOX_TRY(database_->start_compactions());
  PHLOX_TRY(horizons_, read_horizons(*database_, rocksdb::ReadOptions()));
  indexer_ = std::jthread([this](const std::stop_token& stop) {
    while (!stop.stop_requested() && catalog_.index_some()) std::this_thread::yield();
  });
  if (options_.close_every > Nanoseconds::zero())
    closer_ = std::jthread([this](const std::stop_token& stop) { run_closer(stop); });
  return {};
}

void RocksStore::run_closer(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(closer_mutex_);
      closer_wakes_.wait_for(lock, stop, options_.close_every, [] { return false; });
    }
    if (stop.stop_requested()) return;
    const CancellationScope scope(stop);
    if (const auto closed = close_buckets(); !closed && !stop.stop_requested())
      log(LogLevel::kError, "write sums of ended buckets: {}", closed.error().message());
    sum_tables_.drop_unused();
  }
}

Horizons RocksStore::horizons() const {
  const std::lock_guard lock(horizons_mutex_);
  return horizons_;
}

Result<> RocksStore::merge_points(const Selector& selector, std::string_view type,
                                  std::span<const std::vector<Tile>> points, profile::Symbols& into,
                                  const PointVisitor& visit) {
  const auto numbers = lock_numbers();
  const std::shared_lock lock(reading_);
  const Snapshot snapshot(*database_);
  PHLOX_TRY(const auto facts, facts_of(snapshot, *database_, all_tiles(points)));
  const SeriesSelection selection = catalog_.select(std::span(&selector, 1), type, "");
  const bool is_gauge = profile::is_gauge(type);
  TotalsReader totals(snapshot, *database_, selection, facts.horizons, is_gauge);
  Catalog::Export exported(catalog_, into);
  const auto read_points = [&](auto&& stacks) -> Result<> {
    for (std::size_t i = 0; i < points.size(); ++i) {
      const std::vector<Tile> fresh = avoid_stale(points[i], facts.stale);
      Merged merged;
      PHLOX_TRY(const auto sums, stacks.read(fresh));
      PHLOX_TRY(merged.values, exported.values(sums));
      PHLOX_TRY(const auto rows, totals.read(fresh));
      if (!rows.empty()) merged.totals = rows[0];
      PHLOX_TRY(visit(i, std::move(merged)));
    }
    return {};
  };
  // Counted after the snapshot was taken, so no stack of it is beyond the end.
  const std::size_t stack_count = catalog_.stack_count();
  return is_gauge ? read_points(StackMeans(snapshot, *database_, selection, stack_count))
                  : read_points(StackSums(snapshot, *database_, selection, catalog_, sum_tables_,
                                          stack_count));
}

Result<> RocksStore::merge_in_place(const Selector& selector, std::string_view type,
                                    std::span<const Tile> tiles, const ViewVisitor& visit) {
  if (profile::is_gauge(type)) return Store::merge_in_place(selector, type, tiles, visit);
  const auto numbers = lock_numbers();
  std::shared_lock lock(reading_);
  const Snapshot snapshot(*database_);
  PHLOX_TRY(const auto facts, facts_of(snapshot, *database_, tiles));
  const SeriesSelection selection = catalog_.select(std::span(&selector, 1), type, "");
  const std::vector<Tile> fresh = avoid_stale(tiles, facts.stale);
  const std::size_t stack_count = catalog_.stack_count();
  const std::size_t many = stack_count / kNodesWorthALook;
  StackSums sums(snapshot, *database_, selection, catalog_, sum_tables_, stack_count, many);
  const auto read_totals = [&] {
    return TotalsReader(snapshot, *database_, selection, facts.horizons, false).read(fresh);
  };
  std::vector<Totals> rows;
  if (selection.groups.size() < kGroupsWorthAThread) {
    PHLOX_TRY(sums.add(fresh));
    PHLOX_TRY(rows, read_totals());
  } else {
    // Services differ in size, so whoever is done takes the next part.
    const auto parts = selection.parts(kPartsOfAll);
    std::atomic<std::size_t> next = 0;
    const auto add_parts = [&](StackSums& to) -> Result<> {
      for (std::size_t part = next++; part < parts.size(); part = next++)
        PHLOX_TRY(to.add(fresh, parts[part]));
      return {};
    };
    StackSums other_sums(snapshot, *database_, selection, catalog_, sum_tables_, stack_count, many);
    auto other_beside = run_beside([&] { return add_parts(other_sums); });
    auto totals_beside = run_beside(read_totals);
    PHLOX_TRY(add_parts(sums));
    PHLOX_TRY(other_beside.get());
    PHLOX_TRY(rows, totals_beside.get());
    sums.add(other_sums);
  }
  lock.unlock();
  const Totals totals = rows.empty() ? Totals() : rows[0];
  PHLOX_TRY(const profile::SegmentSums in_place, sums.in_place());
  return catalog_.visit_stacks(stack_count, [&](const auto& symbols, const auto& runs) {
    return visit({.symbols = symbols, .runs = runs, .sums = in_place, .totals = totals});
  });
}

Result<std::vector<SeriesPoints>> RocksStore::timeline(const Selector& selector,
                                                       std::string_view type,
                                                       std::span<const std::vector<Tile>> points,
                                                       std::string_view group_by) {
  const std::shared_lock lock(reading_);
  const Snapshot snapshot(*database_);
  const SeriesSelection selection = catalog_.select(std::span(&selector, 1), type, group_by);
  std::vector<SeriesPoints> rows(selection.rows.size());
  for (std::size_t row = 0; row < rows.size(); ++row)
    rows[row] = {.label = selection.rows[row], .points = std::vector<Totals>(points.size())};
  PHLOX_TRY(const auto facts, facts_of(snapshot, *database_, all_tiles(points)));
  TotalsReader reader(snapshot, *database_, selection, facts.horizons, profile::is_gauge(type));
  std::vector<std::vector<Tile>> fresh;
  for (const auto& tiles : points) fresh.push_back(avoid_stale(tiles, facts.stale));
  PHLOX_TRY(const auto totals, reader.read_points(fresh));
  for (std::size_t i = 0; i < points.size(); ++i) {
    for (std::size_t row = 0; row < rows.size(); ++row) rows[row].points[i] = totals[i][row];
  }
  std::erase_if(rows, [](const SeriesPoints& row) {
    return std::ranges::all_of(row.points, [](const Totals& t) { return t == Totals(); });
  });
  return rows;
}

StoreSize RocksStore::size() const {
  return {.series = catalog_.series_count(),
          .stacks = catalog_.stack_count(),
          .bytes_on_disk = directory_.bytes_on_disk(),
          .free_bytes = options_.disk_space(directory_.path()).free_bytes,
          .query_table_bytes = sum_tables_.kept_bytes(),
          .level_bytes = database_->level_bytes(),
          .horizons = horizons()};
}

}  // namespace phlox::storage
