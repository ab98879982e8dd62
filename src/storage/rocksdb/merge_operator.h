// How RocksDB adds values of one key: cells by stack, totals by column. The level, and with it the
// width at which coverage saturates, is the first byte of the key.
#pragma once

#include <rocksdb/merge_operator.h>

#include <deque>
#include <string>

namespace phlox::storage {

class CellMergeOperator final : public rocksdb::MergeOperator {
 public:
  const char* Name() const override { return "phlox.cells"; }
  bool FullMergeV2(const MergeOperationInput& in, MergeOperationOutput* out) const override;
  bool PartialMergeMulti(const rocksdb::Slice& key, const std::deque<rocksdb::Slice>& values,
                         std::string* sum, rocksdb::Logger* logger) const override;
};

class TotalsMergeOperator final : public rocksdb::AssociativeMergeOperator {
 public:
  const char* Name() const override { return "phlox.totals"; }
  bool Merge(const rocksdb::Slice& key, const rocksdb::Slice* existing, const rocksdb::Slice& value,
             std::string* merged, rocksdb::Logger* logger) const override;
};

}  // namespace phlox::storage
