#include "storage/store.h"

namespace phlox::storage {

Result<Merged> Store::merge(const Selector& selector, std::string_view type,
                            std::span<const Tile> tiles, profile::Symbols& into) {
  const std::vector<Tile> point(tiles.begin(), tiles.end());
  Merged out;
  PHLOX_TRY(merge_points(selector, type, std::span(&point, 1), into,
                         [&](std::size_t, Merged merged) -> Result<> {
                           out = std::move(merged);
                           return {};
                         }));
  return out;
}

}  // namespace phlox::storage
