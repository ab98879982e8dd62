#include "storage/rocksdb/sum_tables.h"

#include <utility>

namespace phlox::storage {
namespace {

constexpr Nanoseconds kKeepUnused = std::chrono::minutes(5);
constexpr std::size_t kKeptTables = 2;

}  // namespace

SumTable SumTables::take(std::size_t count) {
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(kept_, [&](const SumTable& table) { return table.size() < count; });
    if (!kept_.empty()) {
      SumTable table = std::move(kept_.back());
      kept_.pop_back();
      return table;
    }
  }
  return SumTable(count + count / 8);  // the dictionary grows
}

void SumTables::give_back(SumTable table) {
  const std::lock_guard lock(mutex_);
  if (kept_.size() < kKeptTables) kept_.push_back(std::move(table));
  last_used_ = clock_.steady_now();
}

std::size_t SumTables::kept_bytes() const {
  const std::lock_guard lock(mutex_);
  std::size_t bytes = 0;
  for (const SumTable& table : kept_) bytes += table.size() * sizeof(std::uint64_t);
  return bytes;
}

void SumTables::drop_unused() {
  const std::lock_guard lock(mutex_);
  if (clock_.steady_now() - last_used_ > kKeepUnused) kept_.clear();
}

}  // namespace phlox::storage
