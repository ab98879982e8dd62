#include "query/overview.h"

#include <algorithm>

#include "query/comparison.h"

namespace phlox::query {
namespace {

Result<> take_shown(const storage::MergedView& view, std::size_t max_nodes, std::size_t max_rows,
                    SelectionOverview& out) {
  PHLOX_TRY(auto found, profile::overview(view.symbols, view.runs, view.sums, max_nodes));
  const std::size_t shown = std::min(max_rows, found.table.size());
  sort_by_total(found.table, view.symbols, shown);
  out.table_left_out = found.table.size() - shown;
  found.table.resize(shown);
  out.table = std::move(found.table);
  out.calls = std::move(found.calls);
  profile::SymbolsImport import(view.symbols, out.symbols);
  for (auto& function : out.calls.tree.function)
    if (function != profile::kNoFunction) function = import.function(function);  // not of the root
  for (auto& row : out.table) row.function = import.function(row.function);
  return {};
}

}  // namespace

Result<SelectionOverview> overview(storage::Store& store, const Selection& selection,
                                   std::size_t max_nodes, std::size_t max_rows) {
  PHLOX_TRY(profile::ProfileType type, profile::ProfileType::parse(selection.type));
  return with_plan(
      store, selection.from, selection.until, [&](Plan plan) -> Result<SelectionOverview> {
        SelectionOverview out{.type = type,
                              .symbols = {},
                              .side = {.plan = std::move(plan), .totals = {}, .values = {}},
                              .calls = {},
                              .table = {}};
        PHLOX_TRY(store.merge_in_place(selection.selector, selection.type, out.side.plan.tiles,
                                       [&](const storage::MergedView& view) {
                                         out.side.totals = view.totals;
                                         return take_shown(view, max_nodes, max_rows, out);
                                       }));
        return out;
      });
}

}  // namespace phlox::query
