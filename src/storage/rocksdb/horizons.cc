#include "storage/rocksdb/horizons.h"

#include "base/varint.h"
#include "storage/rocksdb/keys.h"

namespace phlox::storage {

std::string encode(const Horizons& horizons) {
  std::string out;
  for (const std::int64_t second : horizons) append_varint(out, static_cast<std::uint64_t>(second));
  return out;
}

Result<Horizons> read_horizons(Database& database, const rocksdb::ReadOptions& options) {
  std::string bytes;
  const auto status = database.db().Get(options, database.facts(), slice(kHorizonsKey), &bytes);
  Horizons horizons{};
  if (status.IsNotFound()) return horizons;
  PHLOX_TRY(check(status, "read the horizons"));
  ByteReader reader(bytes);
  for (std::size_t l = 0; l < kLevelCount; ++l) {
    if (level_at(l) == Level::k1w && reader.remaining() == 0) {
      horizons[l] = align_down(horizons[l - 1], width_s(Level::k1w));
      break;
    }
    const auto second = reader.varint();
    if (!second || *second > static_cast<std::uint64_t>(kEndOfTime))
      return Error::corrupt("the horizons are damaged");
    horizons[l] = static_cast<std::int64_t>(*second);
  }
  return horizons;
}

}  // namespace phlox::storage
