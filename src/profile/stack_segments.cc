#include "profile/stack_segments.h"

#include <algorithm>

#include "base/check.h"

namespace phlox::profile {

StackSegments::StackSegments(std::span<const std::uint64_t> ends, std::uint32_t node_count)
    : words_((node_count + 63) / 64), node_count_(node_count) {
  PHLOX_CHECK(node_count > 0 && ends.size() >= words_.size());
  const std::uint32_t last = node_count - 1;
  for (std::size_t w = 0; w < words_.size(); ++w) {
    std::uint64_t word = ends[w];
    if (w == last / 64) {
      const std::uint64_t bit = std::uint64_t{1} << last % 64;
      word = (word & (bit - 1)) | bit;
    }
    words_[w] = {.ends = word, .before = size_};
    size_ += static_cast<std::uint32_t>(std::popcount(word));
  }
}

std::uint32_t StackSegments::end(std::uint32_t segment) const {
  const auto after = std::ranges::upper_bound(words_, segment, {}, &Word::before);
  const auto word = after - 1;
  std::uint64_t ends = word->ends;
  for (std::uint32_t i = word->before; i < segment; ++i) ends &= ends - 1;
  return static_cast<std::uint32_t>((word - words_.begin()) * 64 + std::countr_zero(ends));
}

}  // namespace phlox::profile
