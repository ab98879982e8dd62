#include "storage/rocksdb/stack_sums.h"

#include <algorithm>

namespace phlox::storage {

Result<> StackSums::add(std::string_view value) {
  CellReader cell(value);
  while (cell.next()) {
    if (cell.stack() >= stack_count_)
      return Error::corrupt("a cell names stack {} of {}", cell.stack(), stack_count_);
    Wide& sum = sums_[cell.stack()];
    if (sum == 0) touched_.push_back(cell.stack());
    sum += cell.value();
  }
  if (cell.failed()) return Error::corrupt("a damaged cell");
  return {};
}

Result<std::vector<StackSum>> StackSums::read(std::span<const Tile> tiles) {
  for (const Tile& tile : tiles) {
    PHLOX_TRY(scan_.visit(tile, selection_.groups, [&](const CellKey& key, std::string_view value) {
      return selection_.row(key.series) == SeriesSelection::kNoRow ? Result<>() : add(value);
    }));
  }
  std::ranges::sort(touched_);
  std::vector<StackSum> found;
  found.reserve(touched_.size());
  for (const std::uint32_t stack : touched_) {
    if (sums_[stack] == 0) continue;  // listed twice: it was 0 in between
    found.push_back({stack, profile::Sum::from_wide(sums_[stack])});
    sums_[stack] = 0;
  }
  touched_.clear();
  return found;
}

}  // namespace phlox::storage
