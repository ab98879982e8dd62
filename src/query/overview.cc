#include "query/overview.h"

#include <algorithm>

#include "query/comparison.h"

namespace phlox::query {
namespace {

// The largest rows, with functions of the other symbols. Returns how many are left out.
std::size_t take_largest(std::vector<profile::FunctionValue>& rows, std::size_t max_rows,
                         const profile::Symbols& symbols, profile::SymbolsImport& import) {
  const std::size_t shown = std::min(max_rows, rows.size());
  const std::size_t left_out = rows.size() - shown;
  sort_by_total(rows, symbols, shown);
  rows.resize(shown);
  for (auto& row : rows) row.function = import.function(row.function);
  return left_out;
}

Result<> take_shown(const storage::MergedView& view, std::size_t max_nodes, std::size_t max_rows,
                    const std::optional<FrameSelector>& wanted, SelectionOverview& out) {
  profile::IsWanted is_wanted;
  if (wanted)
    is_wanted = [&](profile::FunctionId function) {
      return wanted->matches(view.symbols, function);
    };
  PHLOX_TRY(auto found,
            profile::overview(view.symbols, view.runs, view.sums, max_nodes, is_wanted));
  profile::SymbolsImport import(view.symbols, out.symbols);
  out.calls = std::move(found.calls);
  for (auto& function : out.calls.tree.function)
    if (function != profile::kNoFunction) function = import.function(function);  // not of the root
  out.table = std::move(found.table);
  out.table_left_out = take_largest(out.table, max_rows, view.symbols, import);
  if (!wanted) return {};
  SearchResult& search = out.found.emplace();
  for (const auto& row : found.found.functions) search.self[0] += row.self[0];
  search.functions = std::move(found.found.functions);
  search.functions_left_out = take_largest(search.functions, max_rows, view.symbols, import);
  search.nodes = found.found.nodes;
  search.total[0] = found.found.total;
  return {};
}

}  // namespace

Result<SelectionOverview> overview(storage::Store& store, const Selection& selection,
                                   std::size_t max_nodes, std::size_t max_rows,
                                   const std::optional<FrameSelector>& wanted) {
  PHLOX_TRY(profile::ProfileType type, profile::ProfileType::parse(selection.type));
  return with_plan(
      store, selection.from, selection.until, [&](Plan plan) -> Result<SelectionOverview> {
        SelectionOverview out{.type = type,
                              .symbols = {},
                              .side = {.plan = std::move(plan), .totals = {}, .values = {}},
                              .calls = {},
                              .table = {},
                              .found = {}};
        PHLOX_TRY(store.merge_in_place(selection.selector, selection.type, out.side.plan.tiles,
                                       [&](const storage::MergedView& view) {
                                         out.side.totals = view.totals;
                                         return take_shown(view, max_nodes, max_rows, wanted, out);
                                       }));
        return out;
      });
}

}  // namespace phlox::query
