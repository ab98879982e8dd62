// Content hashes of whole stacks: two tables of symbols give the same stack the same hash, so one
// look-up finds a stack that is known where interning takes one for each of its frames. 128 bits:
// among 2^40 stacks the chance that any two meet is below 2^-48. They hold for one process only,
// whose keys nobody knows, so that nobody can send stacks that meet.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/fold.h"
#include "profile/symbols.h"

namespace phlox::profile {

struct StackHash {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool operator==(const StackHash&) const = default;
};
struct HashOfStackHash {
  using is_avalanching = void;
  std::size_t operator()(const StackHash& hash) const { return hash.low; }
};

// Of this process; drawn when they are first asked for.
using StackHashKeys = std::array<std::uint64_t, 4>;
const StackHashKeys& stack_hash_keys();

// From the parts to the whole; the empty stack is all zero. A few nanoseconds a step.
class StackHasher {
 public:
  StackHash text(std::string_view text) const;
  // `name`, `file` and `module` are hashes of texts.
  StackHash function(const StackHash& name, const StackHash& file, const StackHash& module,
                     std::uint32_t first_line, FunctionKind kind) const {
    const StackHash where = combined(
        module, of_number(std::uint64_t{first_line} << 8 | static_cast<std::uint64_t>(kind)));
    return combined(combined(name, file), where);
  }
  StackHash frame(const StackHash& function, std::uint32_t line) const {
    return combined(function, of_number(line));
  }
  StackHash child(const StackHash& parent, const StackHash& frame) const {
    return combined(parent, frame);
  }

 private:
  // Both halves depend on it: each is a hash by itself, as it goes through combinations.
  static StackHash of_number(std::uint64_t number) { return {number, ~number}; }
  // In this order, by multiplication as wyhash does.
  StackHash combined(const StackHash& a, const StackHash& b) const {
    return {fold(a.low ^ keys_[0], b.high ^ keys_[1]), fold(a.high ^ keys_[2], b.low ^ keys_[3])};
  }

  const StackHashKeys keys_ = stack_hash_keys();
};

// Of each stack of the symbols, by StackId. Costs a hash for each function, frame and node.
std::vector<StackHash> stack_hashes(const Symbols& symbols);

}  // namespace phlox::profile
