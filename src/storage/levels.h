// Levels: the resolutions in which a store keeps the same data. A bucket of a level is the sum of
// its buckets one level below; buckets are aligned to 1970 UTC.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace phlox::storage {

enum class Level : std::uint8_t { k10s, k10min, k1h, k1d, k1w };
inline constexpr std::size_t kLevelCount = 5;
inline constexpr std::array<std::int64_t, kLevelCount> kLevelWidths = {10, 600, 3600, 86400,
                                                                       604'800};
inline constexpr std::int64_t kFinestWidth = kLevelWidths[0];
inline constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

constexpr std::size_t index_of(Level level) { return static_cast<std::size_t>(level); }
constexpr Level level_at(std::size_t index) { return static_cast<Level>(index); }
constexpr std::int64_t width_s(Level level) { return kLevelWidths[index_of(level)]; }
constexpr std::int64_t width_ns(Level level) { return width_s(level) * kNanosecondsPerSecond; }

// For times since 1970, which all of ours are.
constexpr std::int64_t align_down(std::int64_t second, std::int64_t width) {
  return second - second % width;
}
constexpr std::int64_t align_up(std::int64_t second, std::int64_t width) {
  return align_down(second + width - 1, width);
}

// The buckets of one level in [from_s, until_s), both multiples of the level's width, in seconds
// since 1970.
struct Tile {
  Level level = Level::k10s;
  std::int64_t from_s = 0;
  std::int64_t until_s = 0;
  bool operator==(const Tile&) const = default;
};

// The first second from which each level is kept. A coarser level reaches back at least as far as a
// finer one, and a finer level begins where a bucket of the next coarser one begins.
using Horizons = std::array<std::int64_t, kLevelCount>;

// Seconds of 2106: buckets are stored in 32 bits.
inline constexpr std::int64_t kEndOfTime = 4'294'684'800;
static_assert(kEndOfTime % kLevelWidths.back() == 0 && kEndOfTime <= UINT32_MAX);

}  // namespace phlox::storage
