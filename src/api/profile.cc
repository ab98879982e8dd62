// GET /api/v1/profile: the merged profile of a selection.
#include "api/answers.h"
#include "query/comparison.h"
#include "query/overview.h"

namespace phlox::api {
namespace {

struct Shown {
  profile::ProfileType type;
  profile::Symbols symbols;
  query::Side side;
  profile::CallTree tree;
  query::VisibleTree visible;
  std::vector<profile::FunctionValue> table;  // by total; at least the rows that are shown
  std::size_t table_left_out = 0;
  std::optional<query::SearchResult> found;
};

using Wanted = std::optional<query::FrameSelector>;

Result<Shown> show_overview(Service& service, const query::Selection& selection,
                            const Limits& limits, const Wanted& wanted) {
  PHLOX_TRY(auto found,
            query::overview(service.store, selection, limits.nodes, limits.rows, wanted));
  return Shown{.type = std::move(found.type),
               .symbols = std::move(found.symbols),
               .side = std::move(found.side),
               .tree = std::move(found.calls.tree),
               .visible = std::move(found.calls.visible),
               .table = std::move(found.table),
               .table_left_out = found.table_left_out,
               .found = std::move(found.found)};
}

// Operators work on the whole tree.
Result<Shown> show_whole(Service& service, const query::Selection& selection,
                         std::span<const query::Operator> operators, const Limits& limits,
                         const Wanted& wanted) {
  PHLOX_TRY(auto merged, query::merge(service.store, std::span(&selection, 1)));
  PHLOX_TRY(auto tree, merged.tree(profile::FunctionIdentity::kExact, operators));
  auto visible =
      query::visible_part(tree, query::Rate::of(merged.type, merged.sides), limits.nodes);
  auto table = profile::top_table(tree);
  const std::size_t rows = std::min(table.size(), limits.rows);
  query::sort_by_total(table, merged.symbols, wanted ? table.size() : rows);
  std::optional<query::SearchResult> found;
  if (wanted) found = query::search(merged.symbols, tree, table, *wanted, limits.rows);
  const std::size_t left_out = table.size() - rows;
  return Shown{.type = std::move(merged.type),
               .symbols = std::move(merged.symbols),
               .side = std::move(merged.sides[0]),
               .tree = std::move(tree),
               .visible = std::move(visible),
               .table = std::move(table),
               .table_left_out = left_out,
               .found = std::move(found)};
}

Result<Json> profile_answer(Service& service, const http::ServerRequest& request,
                            ColumnWriter& columns) {
  PHLOX_TRY(query::Selection selection, selection_of(request, service, ""));
  PHLOX_TRY(const auto largest, narrow_to_largest(request, service, selection));
  PHLOX_TRY(const auto operators, operators_of(request));
  PHLOX_TRY(const Limits limits, limits_of(request));
  PHLOX_TRY(const Wanted wanted, searched_frames(request));
  PHLOX_TRY(const Shown shown, operators.empty()
                                   ? show_overview(service, selection, limits, wanted)
                                   : show_whole(service, selection, operators, limits, wanted));
  const auto rows = std::span(shown.table).first(std::min(shown.table.size(), limits.rows));

  FunctionColumns functions(shown.symbols);
  PHLOX_TRY(Json side, side_of(shown.side));
  Json found;
  if (shown.found) found = search_of(*shown.found, 1, functions);
  Json answer{{"type", shown.type.to_string()},
              {"unit", shown.type.sample.unit},
              {"side", std::move(side)},
              {"tree", tree_of(shown.tree, shown.visible, functions, columns)},
              {"table", table_of(rows, 1, functions, columns)},
              {"table_left_out", shown.table_left_out},
              {"search", std::move(found)}};
  answer["functions"] = functions.columns();
  if (largest) answer["largest"] = *largest;
  return answer;
}

}  // namespace

void add_profile(http::Router& router, Service& service) {
  router.add("GET", "/api/v1/profile", http::Lane::kQuery,
             [&service](const http::ServerRequest& request) {
               ColumnWriter columns = columns_for(request);
               const auto answer = profile_answer(service, request, columns);
               return answer_columns(answer, columns);
             });
}

}  // namespace phlox::api
