// SeenPaths: whether a thread was met before with the same code on its stack, wherever in that code
// it was. A table of a fixed size: what has been forgotten is taken to be new.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "sampler/engine.h"

namespace phlox::sampler {

class SeenPaths {
 public:
  // Remembers the path; true if it was not known. Touches one line of the table.
  bool is_new(TargetId target, std::span<const cpython::RawFrame> frames) {
    constexpr std::uint64_t kMix = 0x9e3779b97f4a7c15;  // 2^64 divided by the golden ratio
    std::uint64_t hash = static_cast<std::uint64_t>(target) + 1;
    for (const cpython::RawFrame& frame : frames) {
      if (frame.kind != cpython::RawFrameKind::kPython) continue;
      hash = (hash ^ to_number(frame.code)) * kMix;
      hash ^= hash >> 32;
    }
    std::uint64_t& known = known_[hash % known_.size()];
    if (known == hash) return false;
    known = hash;
    return true;
  }

 private:
  std::array<std::uint64_t, 4096> known_{};
};

}  // namespace phlox::sampler
