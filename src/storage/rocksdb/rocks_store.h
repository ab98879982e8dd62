// RocksStore: the Store on RocksDB; opened by storage/rocksdb_store.h. Which part does what:
//
//     write    catalog.h (numbers), id_window.h (duplicates), spread.h, cell.h
//     close    closer.h, from the store's own thread
//     forget   rocks_store_retention.cc; what nothing names any more: rocks_store_unused.cc
//     copy     rocks_store_backup.cc
//     read     row_scan.h, stack_sums.h, totals_reader.h
//
// Locks, in the order in which they are taken:
//
//     closing_   one closer at a time: the thread, close_buckets(), delete_before()
//     numbers_   shared by whoever reads stacks, from the snapshot on until nothing is left with
//                their numbers; taken alone where these change, under numbers_next_, so that no
//                new reader comes in between
//     writing_   writers one at a time; closers only while they write
//     reading_   shared by reads; taken alone for the moment in which files are deleted, which does
//                not respect snapshots, and by whoever drops series
//     the catalog's own, within one call of it
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <thread>

#include "storage/rocksdb/catalog.h"
#include "storage/rocksdb/closer.h"
#include "storage/rocksdb/data_directory.h"
#include "storage/rocksdb/database.h"
#include "storage/rocksdb/sum_tables.h"
#include "storage/rocksdb_store.h"

namespace phlox::storage {

class RocksStore final : public Store {
 public:
  RocksStore(const RocksOptions& options, DataDirectory directory,
             std::unique_ptr<Database> database)
      : options_(options),
        directory_(std::move(directory)),
        database_(std::move(database)),
        catalog_(options.max_series),
        sum_tables_(*options.clock) {}
  Result<> start();

  Result<> check_room() override;
  Result<WriteCounts> write(std::span<const SeriesProfile> profiles) override;
  Result<> merge_points(const Selector& selector, std::string_view type,
                        std::span<const std::vector<Tile>> points, profile::Symbols& into,
                        const PointVisitor& visit) override;
  Result<> merge_in_place(const Selector& selector, std::string_view type,
                          std::span<const Tile> tiles, const ViewVisitor& visit) override;
  Result<std::vector<SeriesPoints>> timeline(const Selector& selector, std::string_view type,
                                             std::span<const std::vector<Tile>> points,
                                             std::string_view group_by) override;
  Result<std::vector<SeriesKey>> series(std::span<const Selector> any_of,
                                        std::span<const Tile> tiles) override;
  Result<std::vector<std::vector<std::string>>> label_sets(
      std::span<const Selector> any_of, std::span<const Tile> tiles,
      std::span<const std::string> names) override;
  Result<std::vector<std::string>> label_names(std::span<const Selector> any_of,
                                               std::span<const Tile> tiles) override;
  Horizons horizons() const override;
  Result<> delete_before(Level level, WallTime time) override;
  Result<> close_buckets() override;
  Result<Document> put_document(std::string_view kind, std::string_view id, std::string_view json,
                                std::uint64_t expected) override;
  Result<std::optional<Document>> document(std::string_view kind, std::string_view id) override;
  Result<std::vector<Document>> documents(std::string_view kind) override;
  Result<> delete_document(std::string_view kind, std::string_view id) override;
  // The last that close_buckets() does, after buckets of the coarsest level have been deleted:
  // drops stacks and series that nothing names any more if they are many, then writes anew what has
  // old numbers.
  Result<> drop_unused();
  Result<> settle_numbering();
  StoreSize size() const override;
  Result<> backup(const std::string& to) override;

 private:
  Result<std::vector<SeriesId>> find_series(std::span<const Selector> any_of,
                                            std::span<const Tile> tiles);  // under reading_
  Result<> check_profile(const SeriesProfile& profile, const Horizons& horizons) const;
  Result<> append_profile(const SeriesProfile& profile, const NumberedProfile& numbered,
                          const Horizons& horizons, rocksdb::WriteBatch& batch);
  Result<> commit(rocksdb::WriteBatch& batch);  // under writing_
  Result<> sync_up_to(std::uint64_t sequence);

  // For as long as they have waited since then. A mutex is no queue: who asks at once gets it
  // again.
  static void give_way_to_writers(SteadyTime since);

  Result<> close_until(std::int64_t limit_s);
  Result<> close_level(Level level, std::int64_t limit_s);
  Result<> write_closed(const ClosedBucket& closed);
  Result<Horizons> move_horizons(Level level, std::int64_t until_s);
  Result<> drop_rows(Level level, std::int64_t until_s);
  Result<bool> append_cut_period(rocksdb::ColumnFamilyHandle* family, Level level,
                                 std::int64_t until_s, rocksdb::WriteBatch& batch);

  std::shared_lock<std::shared_mutex> lock_numbers();
  Result<Catalog::Used> find_used();
  Result<> keep_only(Catalog::Used used);
  Result<> renumber_cells();
  Result<bool> renumber_some(rocksdb::ColumnFamilyHandle* family, std::string& next_key);

  Result<> apply_retention();
  Result<> drop_until_it_fits();
  Result<std::optional<std::int64_t>> oldest_bucket(Level level);
  Result<> reclaim(Level level, std::int64_t until_s);
  void run_closer(const std::stop_token& stop);

  const RocksOptions options_;
  const DataDirectory directory_;
  const std::unique_ptr<Database> database_;
  Catalog catalog_;
  SumTables sum_tables_;

  std::mutex closing_;
  bool is_sweep_useless_ = false;  // it failed, and nothing was deleted since; under closing_
  std::mutex numbers_next_;
  std::shared_mutex numbers_;
  std::mutex writing_;
  std::shared_mutex reading_;

  mutable std::mutex horizons_mutex_;
  Horizons horizons_{};  // as in the database

  std::atomic<SteadyTime> space_checked_{};
  std::atomic<bool> has_room_ = true;

  std::mutex syncing_;
  std::uint64_t synced_sequence_ = 0;

  std::mutex closer_mutex_;
  std::condition_variable_any closer_wakes_;
  std::jthread closer_;   // last: ends before what it uses
  std::jthread indexer_;  // for as long as the dictionary is being indexed after the start
};

}  // namespace phlox::storage
