#include "storage/rocksdb/merge_operator.h"

#include <algorithm>

#include "storage/rocksdb/cell.h"
#include "storage/rocksdb/keys.h"

namespace phlox::storage {
namespace {

using rocksdb::Slice;

std::string_view view(const Slice& slice) { return {slice.data(), slice.size()}; }

bool add_cells(std::string_view a, std::string_view b, Level level, std::string& out) {
  CellReader left(a);
  CellReader right(b);
  CellHead head = left.head();
  head.add(right.head(), level);
  out.reserve(a.size() + b.size());
  CellWriter writer(out, head);
  bool more_left = left.next();
  bool more_right = right.next();
  while (more_left || more_right) {
    const std::uint32_t stack =
        std::min(more_left ? left.stack() : UINT32_MAX, more_right ? right.stack() : UINT32_MAX);
    Wide sum = 0;
    const bool take_left = more_left && left.stack() == stack;
    const bool take_right = more_right && right.stack() == stack;
    if (take_left) sum += left.value();
    if (take_right) sum += right.value();
    writer.add(stack, sum);
    if (take_left) more_left = left.next();
    if (take_right) more_right = right.next();
  }
  return !left.failed() && !right.failed();
}

}  // namespace

bool CellMergeOperator::Merge(const Slice& key, const Slice* existing, const Slice& value,
                              std::string* merged, rocksdb::Logger* /*logger*/) const {
  const auto cell = decode_cell_key(view(key));
  if (!cell) return false;
  if (existing == nullptr) {
    merged->assign(value.data(), value.size());
    return true;
  }
  merged->clear();
  return add_cells(view(*existing), view(value), cell->level, *merged);
}

bool TotalsMergeOperator::Merge(const Slice& key, const Slice* existing, const Slice& value,
                                std::string* merged, rocksdb::Logger* /*logger*/) const {
  const auto cell = decode_cell_key(view(key));
  const auto added = decode_totals(view(value));
  if (!cell || !added) return false;
  TotalsRow sum = *added;
  if (existing != nullptr) {
    const auto before = decode_totals(view(*existing));
    if (!before) return false;
    sum.head.add(before->head, cell->level);
    sum.value += before->value;
  }
  *merged = encode(sum);
  return true;
}

}  // namespace phlox::storage
