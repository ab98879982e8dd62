// Pairs of stack and value as cells up to format 3 have them. They are only read: what is written
// has pair_blocks.h.
//
//     +-----------------------+-----------------------+-- -
//     | stack id delta, value | stack id delta, value | ...
//     +-----------------------+-----------------------+-- -
//
// All are varints; the first delta is the id itself. Stacks ascend, each once; no value is 0.
#pragma once

#include "storage/rocksdb/pair_blocks.h"

namespace phlox::storage {

// Looks at the bytes it was given. What is damaged ends early with failed().
class VarintPairReader {
 public:
  VarintPairReader(const unsigned char* begin, const unsigned char* end) : at_(begin), end_(end) {}

  // The next pairs; false at the end.
  bool next(PairBatch& batch) {
    batch.size = 0;
    batch.has_highs = false;
    while (batch.size < PairBatch::kMost && at_ != end_) {
      Wide delta = 0;
      Wide value = 0;
      if (!read_wide_varint(at_, end_, delta) || !read_wide_varint(at_, end_, value) ||
          delta < least_delta_ || delta > Wide{UINT32_MAX - stack_} || value == 0) {
        failed_ = true;
        at_ = end_;
        batch.size = 0;
        return false;
      }
      stack_ += static_cast<std::uint32_t>(delta);
      least_delta_ = 1;
      batch.stacks[batch.size] = stack_;
      batch.set_value(batch.size++, value);
    }
    return batch.size > 0;
  }
  bool failed() const { return failed_; }

 private:
  const unsigned char* at_;
  const unsigned char* end_;
  std::uint32_t stack_ = 0;
  Wide least_delta_ = 0;
  bool failed_ = false;
};

}  // namespace phlox::storage
