#include "storage/rocksdb/database.h"

#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include <optional>
#include <vector>

#include "storage/rocksdb/id_window.h"
#include "storage/rocksdb/keys.h"
#include "storage/rocksdb/merge_operator.h"

namespace phlox::storage {
namespace {

// Blocks read, indexes and filters of open files, and what has been written and not yet flushed, by
// all families together. Sixteen profiles a second and series fill the write buffers in some ten
// seconds.
constexpr std::size_t kCacheBytes = 96u << 20;
constexpr std::size_t kWriteBufferBytes = 32u << 20;
constexpr std::size_t kAllWriteBuffersBytes = 48u << 20;

rocksdb::ColumnFamilyOptions family_options(const std::shared_ptr<rocksdb::Cache>& cache,
                                            std::size_t block_bytes) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.block_size = block_bytes;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_size = kWriteBufferBytes;
  options.level_compaction_dynamic_level_bytes = true;
  options.disable_auto_compactions = true;  // until start_compactions()
  options.compression = rocksdb::kLZ4Compression;
  options.bottommost_compression = rocksdb::kZSTD;
  return options;
}

std::vector<rocksdb::ColumnFamilyDescriptor> descriptors(
    const std::shared_ptr<rocksdb::Cache>& cache) {
  auto facts = family_options(cache, 16u << 10);
  facts.bottommost_compression = rocksdb::kLZ4Compression;  // all of it is read at the start
  auto cells = family_options(cache, 64u << 10);            // read in long runs
  cells.merge_operator = std::make_shared<CellMergeOperator>();
  auto totals = family_options(cache, 16u << 10);
  totals.merge_operator = std::make_shared<TotalsMergeOperator>();
  auto ids = family_options(cache, 4u << 10);
  ids.compaction_filter_factory = expired_id_filter();
  return {{rocksdb::kDefaultColumnFamilyName, facts},
          {"cells", cells},
          {"totals", totals},
          {"ids", ids},
          {"group_cells", cells},
          {"group_totals", totals}};
}

}  // namespace

Result<> check(const rocksdb::Status& status, std::string_view doing) {
  if (status.ok()) return {};
  const std::string message = fmt::format("{}: {}", doing, status.ToString());
  return Error(status.IsCorruption() ? Error::Kind::kCorrupt : Error::Kind::kIo, message);
}

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& path,
                                                 rocksdb::Env* env) {
  rocksdb::DBOptions options;
  options.env = env;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.max_background_jobs = 2;
  options.keep_log_file_num = 4;
  options.max_total_wal_size = 256u << 20;
  const auto cache = rocksdb::NewLRUCache(kCacheBytes);
  options.write_buffer_manager =
      std::make_shared<rocksdb::WriteBufferManager>(kAllWriteBuffersBytes, cache);
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  PHLOX_TRY(check(rocksdb::DB::Open(options, path.string(), descriptors(cache), &handles, &db),
                  fmt::format("open the database in {}", path.string())));
  std::unique_ptr<Database> out(new Database());
  out->db_.reset(db);
  out->facts_ = handles[0];
  out->cells_ = handles[1];
  out->totals_ = handles[2];
  out->ids_ = handles[3];
  out->group_cells_ = handles[4];
  out->group_totals_ = handles[5];
  return out;
}

Result<> Database::start_compactions() {
  return check(db_->EnableAutoCompaction(families()), "start compactions");
}

Result<std::vector<std::size_t>> Database::row_stretches(char table, std::size_t first,
                                                         std::size_t row_bytes, std::size_t count) {
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(rocksdb::ReadOptions(), facts_));
  const auto first_row = [&]() -> std::optional<std::size_t> {
    if (!it->Valid() || it->key()[0] != table || it->key().size() != table_key(table, 0).size())
      return std::nullopt;
    return read_u32(view(it->key()).substr(1));
  };
  std::vector<std::size_t> starts;
  it->SeekForPrev(slice(table_key(table, UINT32_MAX)));
  PHLOX_TRY(check(it->status(), "read"));
  const auto last = first_row();
  if (!last || *last < first) return starts;
  const std::size_t end = *last + 1 + it->value().size() / row_bytes;
  starts.push_back(first);
  for (std::size_t i = 1; i < count; ++i) {
    it->Seek(slice(table_key(table, first + (end - first) * i / count)));
    PHLOX_TRY(check(it->status(), "read"));
    if (const auto start = first_row(); start && *start > starts.back()) starts.push_back(*start);
  }
  starts.push_back(end);
  return starts;
}

Result<std::string> Database::get(std::string_view key) {
  std::string value;
  const auto status = db_->Get(rocksdb::ReadOptions(), facts_, slice(key), &value);
  if (status.IsNotFound()) return std::string();
  PHLOX_TRY(check(status, "read"));
  return value;
}

std::array<std::uint64_t, kLevelCount> Database::level_bytes() {
  std::array<std::uint64_t, kLevelCount> bytes{};
  for (std::size_t l = 0; l < kLevelCount; ++l) {
    const std::string begin = first_cell_key(level_at(l), 0);
    const std::string end = first_cell_key(level_at(l), kEndOfTime);
    const rocksdb::Range range(slice(begin), slice(end));
    for (auto* family : bucket_families()) {
      std::uint64_t size = 0;
      db_->GetApproximateSizes(family, &range, 1, &size);
      bytes[l] += size;
    }
  }
  return bytes;
}

Database::~Database() {
  for (auto* family : families()) {
    if (family != nullptr) static_cast<void>(db_->DestroyColumnFamilyHandle(family));
  }
}

}  // namespace phlox::storage
