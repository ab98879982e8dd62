// fold: mixes two numbers into one, for hashes of few words: wyhash's step.
#pragma once

#include <cstdint>

namespace phlox {

// Both halves of the product, folded: each bit of the answer depends on all bits of both. 0 when
// either is 0; callers mix in a constant first.
inline std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = Wide{a} * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace phlox
