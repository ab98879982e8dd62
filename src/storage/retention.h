// Retention: how long each level is kept, and how large a store may grow.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "storage/levels.h"

namespace phlox::storage {

struct Retention {
  std::array<Nanoseconds, kLevelCount> keep{};  // 0: for ever
  // Above this the oldest data goes, of the finest level first; 0: no bound.
  std::uint64_t max_bytes = 0;
};

// "10s=7d,10m=90d,1h=1y,1d=5y": every level, each at least as long as the finer ones; weeks may be
// left out and are kept as long as days then. Ages in s, m, h, d, w, y (365 d), or "forever".
// kInvalid says what is wrong.
Result<std::array<Nanoseconds, kLevelCount>> parse_retention(std::string_view text);

// "50GB", "1.5TB", "500MB", plain bytes: powers of 1000; with an i, as in GiB, of 1024.
Result<std::uint64_t> parse_size(std::string_view text);

// "10s", "10m", "1h", "1d", "1w".
std::string_view name_of(Level level);

}  // namespace phlox::storage
