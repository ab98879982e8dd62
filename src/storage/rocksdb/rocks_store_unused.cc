// Dropping stacks that no cell names any more, and series that have none, once the coarsest level
// has lost some of its buckets:
//
//     find    all cells are read for the stacks that they name, beside writers and readers
//     drop    the others go, those that are left close up; from then on cells are written with
//             their new numbers. Series and strings that go leave their numbers behind. Writers and
//             readers wait for some ten nanoseconds a stack, some hundred a string and series
//     settle  cells with old numbers are written anew, some at a time, then the dictionary
//
// The last is taken up again where the server ends before.
#include <thread>

#include "base/cancellation.h"
#include "base/log.h"
#include "storage/rocksdb/cell.h"
#include "storage/rocksdb/rocks_store.h"

namespace phlox::storage {
namespace {

Result<> put_numbering(Database& database, const NumberingRow& row, rocksdb::WriteBatch& batch) {
  return check(batch.Put(database.facts(), slice(kNumberingKey), slice(encode(row))),
               "write the numbering");
}

}  // namespace

Result<> RocksStore::drop_unused() {
  const std::lock_guard closing(closing_);
  if (is_sweep_useless_ || !database_->numbering()->is_settled()) return {};
  PHLOX_TRY(const std::string wanted, database_->get(kSweepKey));
  if (wanted.empty()) return {};
  is_sweep_useless_ = true;  // a damaged cell should not be looked for every ten seconds
  PHLOX_TRY(Catalog::Used used, find_used());
  PHLOX_TRY(keep_only(std::move(used)));
  is_sweep_useless_ = false;
  return {};
}

Result<Catalog::Used> RocksStore::find_used() {
  std::optional<Catalog::Used> used;
  std::optional<Snapshot> snapshot;
  {
    // No profile may have its numbers already and not be in the snapshot.
    const std::lock_guard writing(writing_);
    used = catalog_.watch();
    snapshot.emplace(*database_);
  }
  const std::size_t stack_count = catalog_.stack_count();
  const auto add_cell = [&](std::string_view value) {
    CellReader cell(value, &snapshot->numbering());
    return visit_batches(cell, stack_count, [&](const PairBatch& batch) {
      for (std::size_t i = 0; i < batch.size; ++i)
        used->stacks.add(profile::id_at<profile::StackId>(batch.stacks[i]));
    });
  };
  const Horizons kept = horizons();
  rocksdb::ReadOptions options = snapshot->options();
  options.fill_cache = false;
  for (auto* family : {database_->cells(), database_->group_cells()}) {
    const std::unique_ptr<rocksdb::Iterator> it(database_->db().NewIterator(options, family));
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      PHLOX_TRY(check_not_cancelled());
      PHLOX_TRY(const CellKey key, read_cell_key(view(it->key())));
      if (key.bucket_s < kept[index_of(key.level)]) continue;  // waits to be deleted
      PHLOX_TRY(add_cell(view(it->value())));
      if (family == database_->cells() && key.series < used->series.size())
        used->series[key.series] = true;
    }
    PHLOX_TRY(check(it->status(), "read cells"));
  }
  return std::move(*used);
}

std::shared_lock<std::shared_mutex> RocksStore::lock_numbers() {
  const std::lock_guard next(numbers_next_);
  return std::shared_lock(numbers_);
}

Result<> RocksStore::keep_only(Catalog::Used used) {
  const std::lock_guard next(numbers_next_);
  const std::unique_lock numbers(numbers_);
  const std::lock_guard writing(writing_);
  const std::unique_lock reading(reading_);  // of series
  const SteadyTime begin = Clock::system().steady_now();
  auto kept = catalog_.find_kept(std::move(used));
  const std::size_t stack_count = catalog_.stack_count();
  const std::size_t series_count = catalog_.series_count();
  const std::uint32_t generation = database_->numbering()->generation() + 1;
  rocksdb::WriteBatch batch;
  PHLOX_TRY(check(batch.Delete(database_->facts(), slice(kSweepKey)), "drop stacks"));
  if (!kept.drops_stacks && !kept.drops_series) {
    catalog_.unwatch();
    return commit(batch);
  }
  PHLOX_TRY(catalog_.append_new(*database_, batch));
  PHLOX_TRY(catalog_.append_kept(*database_, kept, batch));
  if (kept.drops_stacks) {
    PHLOX_TRY(put_numbering(*database_, {.generation = generation, .is_settled = false}, batch));
    PHLOX_TRY(
        check(batch.Put(database_->facts(), slice(kKeptStacksKey), slice(encode(kept.stacks))),
              "write which stacks are kept"));
  }
  PHLOX_TRY(commit(batch));
  catalog_.keep(kept);
  if (kept.drops_stacks) database_->set_numbering(Numbering(generation, std::move(kept.stacks)));
  log(LogLevel::kInfo,
      "dropped {} of {} stacks and {} of {} series, which nothing that is kept names, within {} ms",
      stack_count - catalog_.stack_count(), stack_count, series_count - catalog_.series_count(),
      series_count, (Clock::system().steady_now() - begin) / std::chrono::milliseconds(1));
  return {};
}

Result<> RocksStore::renumber_cells() {
  for (auto* family : {database_->cells(), database_->group_cells()}) {
    std::string next_key;
    for (bool is_left = true; is_left;) {
      PHLOX_TRY(check_not_cancelled());
      const SteadyTime begin = Clock::system().steady_now();
      PHLOX_TRY(is_left, renumber_some(family, next_key));
      give_way_to_writers(begin);
    }
  }
  return {};
}

// From a key on, which is set to the next one; false when there is none.
Result<bool> RocksStore::renumber_some(rocksdb::ColumnFamilyHandle* family, std::string& next_key) {
  const std::shared_ptr<const Numbering> numbering = database_->numbering();
  const Horizons kept = horizons();
  rocksdb::WriteBatch batch;
  std::string cell;
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  const std::lock_guard writing(writing_);
  const std::unique_ptr<rocksdb::Iterator> it(database_->db().NewIterator(options, family));
  std::size_t bytes = 0;
  for (it->Seek(slice(next_key)); it->Valid() && bytes < options_.bytes_at_once; it->Next()) {
    const std::string_view value = view(it->value());
    bytes += value.size();
    PHLOX_TRY(const CellKey key, read_cell_key(view(it->key())));
    if (key.bucket_s < kept[index_of(key.level)]) {
      // Nobody reads it, and its stacks may have no numbers any more.
      PHLOX_TRY(check(batch.Delete(family, it->key()), "delete a cell"));
    } else if (!is_of(value, numbering->mark())) {
      CellSum sum;
      if (!sum.add(value, key.level, numbering.get())) return Error::corrupt("a damaged cell");
      sum.encode(cell, numbering->mark());
      PHLOX_TRY(check(batch.Put(family, it->key(), slice(cell)), "write a cell anew"));
    }
  }
  PHLOX_TRY(check(it->status(), "read cells"));
  const bool is_left = it->Valid();
  if (is_left) next_key = it->key().ToString();
  PHLOX_TRY(commit(batch));
  return is_left;
}

Result<> RocksStore::settle_numbering() {
  const std::lock_guard closing(closing_);
  if (database_->numbering()->is_settled()) return {};
  PHLOX_TRY(renumber_cells());
  PHLOX_TRY(catalog_.write_kept(*database_, [&](rocksdb::WriteBatch& rows) {
    const std::lock_guard writing(writing_);
    return commit(rows);
  }));
  const std::uint32_t generation = database_->numbering()->generation();
  rocksdb::WriteBatch batch;
  PHLOX_TRY(put_numbering(*database_, {.generation = generation, .is_settled = true}, batch));
  PHLOX_TRY(check(batch.Delete(database_->facts(), slice(kKeptStacksKey)), "settle the numbering"));
  const auto old_rows = [&](char table) {
    const char first = table_of(table, generation - 1);
    return std::pair(std::string(1, first), std::string(1, static_cast<char>(first + 1)));
  };
  for (const char table : {kFunctionTable, kFrameTable, kStackTable}) {
    const auto [begin, end] = old_rows(table);
    PHLOX_TRY(check(batch.DeleteRange(database_->facts(), slice(begin), slice(end)),
                    "delete the old dictionary"));
  }
  {
    const std::lock_guard writing(writing_);
    PHLOX_TRY(commit(batch));
    database_->set_numbering(Numbering(generation));
  }
  // So that their space comes back now.
  rocksdb::CompactRangeOptions options;
  options.exclusive_manual_compaction = false;
  for (const char table : {kFunctionTable, kFrameTable, kStackTable}) {
    const auto [begin, end] = old_rows(table);
    const rocksdb::Slice from = slice(begin);
    const rocksdb::Slice until = slice(end);
    PHLOX_TRY(
        check(database_->db().CompactRange(options, database_->facts(), &from, &until), "compact"));
  }
  return {};
}

}  // namespace phlox::storage
