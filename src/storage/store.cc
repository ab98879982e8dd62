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

Result<> Store::merge_in_place(const Selector& selector, std::string_view type,
                               std::span<const Tile> tiles, const ViewVisitor& visit) {
  profile::Symbols symbols;
  PHLOX_TRY(const Merged merged, merge(selector, type, tiles, symbols));
  PHLOX_TRY(profile::LaidOut laid, profile::lay_out(symbols, merged.values));
  return visit(
      {.symbols = symbols, .runs = laid.runs, .sums = laid.sums(), .totals = merged.totals});
}

}  // namespace phlox::storage
