#include "storage/rocksdb/keys.h"

namespace phlox::storage {
namespace {

constexpr char kStaleTable = 'd';
constexpr std::size_t kStaleKeyBytes = 10;

std::uint32_t u32(std::int64_t value) { return static_cast<std::uint32_t>(value); }
std::uint32_t u32(profile::StringId id) { return static_cast<std::uint32_t>(id); }

}  // namespace

std::string encode(const CellKey& key) {
  std::string out;
  out.reserve(kCellKeyBytes);
  out.push_back(static_cast<char>(key.level));
  append_u32(out, u32(period_of(key.level, key.bucket_s)));
  append_u32(out, u32(key.group.tenant));
  append_u32(out, u32(key.group.service));
  append_u32(out, u32(key.group.type));
  append_u32(out, u32(key.bucket_s));
  append_u32(out, key.series);
  return out;
}

std::optional<CellKey> decode_cell_key(std::string_view bytes) {
  if (bytes.size() != kCellKeyBytes || static_cast<unsigned char>(bytes[0]) >= kLevelCount)
    return std::nullopt;
  const auto string_at = [&](std::size_t at) {
    return static_cast<profile::StringId>(read_u32(bytes.substr(at)));
  };
  return CellKey{.level = static_cast<Level>(bytes[0]),
                 .group = {string_at(5), string_at(9), string_at(13)},
                 .bucket_s = read_u32(bytes.substr(17)),
                 .series = read_u32(bytes.substr(21))};
}

Result<CellKey> read_cell_key(std::string_view bytes) {
  const auto key = decode_cell_key(bytes);
  if (!key) return Error::corrupt("a key of {} bytes", bytes.size());
  return *key;
}

std::string end_of_group(const CellKey& key) {
  const std::int64_t period = kPeriodWidths[index_of(key.level)];
  const std::int64_t last_s = align_down(key.bucket_s, period) + period - 1;
  return encode(CellKey{key.level, key.group, last_s, UINT32_MAX}) + '\0';
}

std::string first_cell_key(Level level, std::int64_t bucket_s) {
  std::string out(1, static_cast<char>(level));
  append_u32(out, u32(period_of(level, bucket_s)));
  return out;
}

std::string encode(const StaleKey& key) {
  std::string out;
  out.push_back(kStaleTable);
  out.push_back(static_cast<char>(key.level));
  append_u32(out, u32(key.bucket_s));
  append_u32(out, key.series);
  return out;
}

std::optional<StaleKey> decode_stale_key(std::string_view bytes) {
  if (bytes.size() != kStaleKeyBytes || bytes[0] != kStaleTable ||
      static_cast<unsigned char>(bytes[1]) >= kLevelCount)
    return std::nullopt;
  return StaleKey{.level = static_cast<Level>(bytes[1]),
                  .bucket_s = read_u32(bytes.substr(2)),
                  .series = read_u32(bytes.substr(6))};
}

std::string table_key(char table, std::size_t first) {
  std::string out(1, table);
  append_u32(out, static_cast<std::uint32_t>(first));
  return out;
}

}  // namespace phlox::storage
