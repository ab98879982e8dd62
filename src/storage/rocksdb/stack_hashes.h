// Content hashes of whole stacks: two tables of symbols give the same stack the same hash, so one
// look-up finds a stack that is known where interning takes one for each of its frames. 128 bits:
// among 2^40 stacks the chance that any two meet is below 2^-48. They hold for one process only.
#pragma once

#include <cstdint>
#include <vector>

#include "profile/symbols.h"

namespace phlox::storage {

struct StackHash {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool operator==(const StackHash&) const = default;
};
struct HashOfStackHash {
  using is_avalanching = void;
  std::size_t operator()(const StackHash& hash) const { return hash.low; }
};

class StackHashes {
 public:
  // Costs a hash for each function, frame and node of the table.
  explicit StackHashes(const profile::Symbols& symbols);
  const StackHash& of(profile::StackId stack) const { return nodes_[profile::index_of(stack)]; }

 private:
  std::vector<StackHash> nodes_;
};

}  // namespace phlox::storage
