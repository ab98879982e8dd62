// The RocksDB database with its column families, and RocksDB's errors in our words.
#pragma once

#include <rocksdb/db.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/levels.h"
#include "storage/rocksdb/first_marks.h"
#include "storage/rocksdb/keys.h"
#include "storage/rocksdb/numbering.h"

namespace phlox::storage {

inline rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
inline std::string_view view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

Result<> check(const rocksdb::Status& status, std::string_view doing);

class Database {
 public:
  // `env`: files and clocks; a test's own, and it must outlive the database.
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& path,
                                                rocksdb::Env* env = rocksdb::Env::Default());
  ~Database();
  // Lets RocksDB merge its files from now on. Until then it does not: what reads a database at its
  // start has the CPUs and the disk for itself.
  Result<> start_compactions();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  rocksdb::DB& db() { return *db_; }
  rocksdb::ColumnFamilyHandle* facts() const { return facts_; }  // "default": all small tables
  rocksdb::ColumnFamilyHandle* cells() const { return cells_; }
  rocksdb::ColumnFamilyHandle* totals() const { return totals_; }
  rocksdb::ColumnFamilyHandle* group_cells() const { return group_cells_; }
  rocksdb::ColumnFamilyHandle* group_totals() const { return group_totals_; }
  rocksdb::ColumnFamilyHandle* ids() const { return ids_; }

  // Those whose keys are CellKeys.
  std::array<rocksdb::ColumnFamilyHandle*, 4> bucket_families() const {
    return {cells_, totals_, group_cells_, group_totals_};
  }

  FirstMarks& first_marks() { return first_marks_; }

  // Of the stacks in cells. Any thread.
  std::shared_ptr<const Numbering> numbering() const {
    const std::lock_guard lock(numbering_mutex_);
    return numbering_;
  }
  void set_numbering(Numbering numbering) {
    auto fresh = std::make_shared<const Numbering>(std::move(numbering));
    const std::lock_guard lock(numbering_mutex_);
    numbering_.swap(fresh);
  }

  // A value of the default family; empty if there is none.
  Result<std::string> get(std::string_view key);

  // About, and without what lies in the write-ahead log only.
  std::array<std::uint64_t, kLevelCount> level_bytes();

  // Keys of a table in the default family that begin with `prefix`, in order from `first` on, until
  // `visit` returns an error.
  template <class Visit>
  Result<> scan(std::string_view prefix, std::string_view first, Visit visit) {
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(rocksdb::ReadOptions(), facts_));
    for (it->Seek(slice(first)); it->Valid() && view(it->key()).starts_with(prefix); it->Next())
      PHLOX_TRY(visit(view(it->key()), view(it->value())));
    return check(it->status(), "read");
  }

  // The same for values of a table of the dictionary that begin with rows from `first` to before
  // `end`. They do not stay in the cache.
  template <class Visit>
  Result<> scan_rows(char table, std::size_t first, std::size_t end, Visit visit) {
    const std::string end_key = table_key(table, end);
    const rocksdb::Slice end_slice = slice(end_key);
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    options.iterate_upper_bound = &end_slice;
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(options, facts_));
    for (it->Seek(slice(table_key(table, first))); it->Valid(); it->Next())
      PHLOX_TRY(visit(view(it->key()), view(it->value())));
    return check(it->status(), "read");
  }

  // Cuts a table of the dictionary, from row `first` on, into at most so many stretches of about
  // the same number of rows: where each begins, and an end that lies behind the last row, not far
  // if a row takes about `row_bytes` and never before it if no row takes less. Empty if there is no
  // row.
  Result<std::vector<std::size_t>> row_stretches(char table, std::size_t first,
                                                 std::size_t row_bytes, std::size_t count);

 private:
  Database() = default;
  std::vector<rocksdb::ColumnFamilyHandle*> families() const {
    return {facts_, cells_, totals_, ids_, group_cells_, group_totals_};
  }

  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::ColumnFamilyHandle* facts_ = nullptr;
  rocksdb::ColumnFamilyHandle* cells_ = nullptr;
  rocksdb::ColumnFamilyHandle* totals_ = nullptr;
  rocksdb::ColumnFamilyHandle* ids_ = nullptr;
  rocksdb::ColumnFamilyHandle* group_cells_ = nullptr;
  rocksdb::ColumnFamilyHandle* group_totals_ = nullptr;
  FirstMarks first_marks_;
  mutable std::mutex numbering_mutex_;
  std::shared_ptr<const Numbering> numbering_ = std::make_shared<const Numbering>();
};

// A state of the database that stays while we read.
class Snapshot {
 public:
  explicit Snapshot(Database& database) : db_(database.db()), numbering_(database.numbering()) {
    database.first_marks().visit([&](const FirstMarks::Buckets& buckets) {
      first_marks_ = buckets;
      snapshot_ = db_.GetSnapshot();
    });
  }
  ~Snapshot() { db_.ReleaseSnapshot(snapshot_); }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  rocksdb::ReadOptions options() const {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot_;
    return options;
  }
  // Of all its cells, if none was begun while it was made.
  const Numbering& numbering() const { return *numbering_; }
  std::int64_t first_mark(Level level) const { return first_marks_[index_of(level)]; }
  std::unique_ptr<rocksdb::Iterator> iterator(rocksdb::ColumnFamilyHandle* family) const {
    return std::unique_ptr<rocksdb::Iterator>(db_.NewIterator(options(), family));
  }

 private:
  rocksdb::DB& db_;
  // As it was before the snapshot: it may come to be settled, but knows more until it is.
  const std::shared_ptr<const Numbering> numbering_;
  const rocksdb::Snapshot* snapshot_ = nullptr;
  FirstMarks::Buckets first_marks_{};
};

}  // namespace phlox::storage
