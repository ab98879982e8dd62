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

#include "base/result.h"
#include "storage/levels.h"
#include "storage/rocksdb/first_marks.h"
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

  // How many rows a table of the dictionary has, by the key and the size of its last value; a row
  // of it takes at least `row_bytes`. Too many rather than too few.
  Result<std::size_t> rows_at_most(char table, std::size_t row_bytes);

 private:
  Database() = default;

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
