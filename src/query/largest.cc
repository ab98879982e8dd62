#include "query/largest.h"

#include <algorithm>

namespace phlox::query {

Result<std::optional<std::string>> largest_value(storage::Store& store, const Selection& selection,
                                                 std::string_view label) {
  return with_plan(store, selection.from, selection.until,
                   [&](const Plan& plan) -> Result<std::optional<std::string>> {
                     PHLOX_TRY(auto rows, store.timeline(selection.selector, selection.type,
                                                         std::span(&plan.tiles, 1), label));
                     // Rows come by name, and of equal ones max_element takes the first.
                     const auto largest = std::ranges::max_element(
                         rows, {}, [](const auto& row) { return row.points[0].value.wide(); });
                     if (largest == rows.end()) return std::optional<std::string>();
                     return std::optional(std::move(largest->label));
                   });
}

}  // namespace phlox::query
