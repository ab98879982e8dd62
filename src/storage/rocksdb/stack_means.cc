#include "storage/rocksdb/stack_means.h"

#include <map>

namespace phlox::storage {

Result<> StackMeans::add(OfSeries& series, std::string_view value) const {
  CellReader cell(value, &numbering_);
  series.profiles += cell.head().profiles;
  return visit_batches(cell, stack_count_, [&](const PairBatch& batch) {
    for (std::size_t i = 0; i < batch.size; ++i) series.stacks[batch.stacks[i]] += batch.value(i);
  });
}

Result<std::vector<StackSum>> StackMeans::read(std::span<const Tile> tiles) {
  std::unordered_map<SeriesId, OfSeries> by_series;
  for (const Tile& tile : tiles) {
    PHLOX_TRY(scan_.visit(tile, selection_.groups, [&](const CellKey& key, std::string_view value) {
      if (selection_.row(key.series) == SeriesSelection::kNoRow) return Result<>();
      return add(by_series[key.series], value);
    }));
  }
  std::map<std::uint32_t, profile::Sum> means;
  for (const auto& [id, series] : by_series) {
    for (const auto& [stack, sum] : series.stacks)
      means[stack] += profile::Sum::from_wide(sum).mean(series.profiles);
  }
  std::vector<StackSum> found;
  for (const auto& [stack, mean] : means) {
    if (mean != profile::Sum()) found.push_back({stack, mean});
  }
  return found;
}

}  // namespace phlox::storage
