#include "storage/rocksdb/merge_operator.h"

#include "storage/rocksdb/cell.h"
#include "storage/rocksdb/database.h"
#include "storage/rocksdb/keys.h"

namespace phlox::storage {
namespace {

using rocksdb::Slice;

// A key's values into one, all at once: one after the other each would be decoded and encoded as
// often as others follow it.
template <class Values>
bool add_cells(const Slice& key, const Slice* existing, const Values& values, std::string& sum) {
  const auto cell = decode_cell_key(view(key));
  if (!cell) return false;
  CellSums cells(cell->level);
  if (existing != nullptr && !cells.add(view(*existing))) return false;
  for (const Slice& value : values)
    if (!cells.add(view(value))) return false;
  cells.encode(sum);
  return true;
}

}  // namespace

bool CellMergeOperator::FullMergeV2(const MergeOperationInput& in,
                                    MergeOperationOutput* out) const {
  // Most cells of 10 s have been written once: what is there is the sum.
  if (in.existing_value == nullptr && in.operand_list.size() == 1) {
    out->existing_operand = in.operand_list.front();
    return true;
  }
  return add_cells(in.key, in.existing_value, in.operand_list, out->new_value);
}

bool CellMergeOperator::PartialMergeMulti(const Slice& key, const std::deque<Slice>& values,
                                          std::string* sum, rocksdb::Logger* /*logger*/) const {
  return add_cells(key, nullptr, values, *sum);
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
