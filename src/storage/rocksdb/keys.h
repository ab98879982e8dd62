// Keys of the embedded store. All numbers are big-endian, so that RocksDB's byte order is the
// order of the numbers.
//
// Column families "cells" and "totals": time first, so that what expires together lies together,
// then what is read together:
//
//     0       1        5        9         13     17       21       25
//     +-------+--------+--------+---------+------+--------+--------+
//     | level | period | tenant | service | type | bucket | series |
//     +-------+--------+--------+---------+------+--------+--------+
//
// bucket: its first second since 1970; period: bucket / period width of the level. tenant, service
// and type are StringIds of the store's symbols. Column families "group_cells" and "group_totals":
// the same, of series 0; the latter also of the service kEveryService.
//
// Column family "default", by first byte:
//
//     'd' level bucket series        a bucket of that level whose sums are out of date
//     'i' first series               series, in order; those that were dropped are empty
//     's' first id                   strings, in order; the same
//     'f' 'r' 'n' first id           functions, frames, stack nodes, in order; in capitals while
//                                    the numbering's generation is odd
//     'g'                            the numbering (numbering.h)
//     'k'                            which stacks of the generation before are kept
//     'w'                            stacks are to be looked for that no cell names any more
//     'j' kind 0 id                  a document
//     'h'                            the horizons
//
// Column family "ids": the 16 bytes of a profile's fingerprint.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "profile/ids.h"
#include "storage/levels.h"

namespace phlox::storage {

using SeriesId = std::uint32_t;

inline constexpr std::int64_t kDaySeconds = 86400;
// How many seconds of buckets lie together before the next period begins: some hundred buckets.
inline constexpr std::array<std::int64_t, kLevelCount> kPeriodWidths = {
    3600, kDaySeconds, 7 * kDaySeconds, 400 * kDaySeconds, 2800 * kDaySeconds};

inline void append_u32(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}
inline std::uint32_t read_u32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

// Series that lie together in a period, and are added up together.
struct GroupKey {
  profile::StringId tenant{};
  profile::StringId service{};
  profile::StringId type{};
  auto operator<=>(const GroupKey&) const = default;
};

// In place of a service: all of them, known or not. The label's text has fewer ids.
inline constexpr profile::StringId kEveryService{UINT32_MAX};

struct CellKey {
  Level level = Level::k10s;
  GroupKey group;
  std::int64_t bucket_s = 0;
  SeriesId series = 0;
};

inline constexpr std::size_t kCellKeyBytes = 25;

std::string encode(const CellKey& key);
std::optional<CellKey> decode_cell_key(std::string_view bytes);
inline std::int64_t period_of(Level level, std::int64_t bucket_s) {
  return bucket_s / kPeriodWidths[index_of(level)];
}
// kCorrupt for what is no key of a cell.
Result<CellKey> read_cell_key(std::string_view bytes);
// Behind all keys of this one's group in its period.
std::string end_of_group(const CellKey& key);
// The first key of a level at or after a bucket's period, of no group in particular.
std::string first_cell_key(Level level, std::int64_t bucket_s);

struct StaleKey {
  Level level = Level::k10s;
  std::int64_t bucket_s = 0;
  SeriesId series = 0;
};
std::string encode(const StaleKey& key);
std::optional<StaleKey> decode_stale_key(std::string_view bytes);

std::string table_key(char table, std::size_t first);

inline constexpr char kSeriesTable = 'i';
inline constexpr char kStringTable = 's';
inline constexpr char kFunctionTable = 'f';
inline constexpr char kFrameTable = 'r';
inline constexpr char kStackTable = 'n';
inline constexpr char kDocumentTable = 'j';
inline constexpr std::string_view kHorizonsKey = "h";
inline constexpr std::string_view kNumberingKey = "g";
inline constexpr std::string_view kKeptStacksKey = "k";
inline constexpr std::string_view kSweepKey = "w";

// Of those tables whose rows a new generation numbers anew.
constexpr char table_of(char table, std::uint32_t generation) {
  return generation % 2 == 0 ? table : static_cast<char>(table - 'a' + 'A');
}

}  // namespace phlox::storage
