// GET /api/v1/profile: the merged profile of a selection.
#include "api/answers.h"
#include "profile/overview.h"
#include "query/comparison.h"

namespace phlox::api {
namespace {

// What an answer shows, and the whole tree where a search has to look through it.
struct Shown {
  profile::CallTree tree;
  query::VisibleTree visible;
  std::vector<profile::FunctionValue> table;
};

Result<Shown> shown_of(const query::MergedProfile& merged,
                       std::span<const query::Operator> operators, bool is_whole,
                       std::size_t max_nodes) {
  if (operators.empty() && !is_whole) {
    PHLOX_TRY(auto overview, profile::overview(merged.symbols, merged.sides[0].values, max_nodes));
    return Shown{std::move(overview.calls.tree), std::move(overview.calls.visible),
                 std::move(overview.table)};
  }
  PHLOX_TRY(auto tree, merged.tree(profile::FunctionIdentity::kExact, operators));
  auto visible = query::visible_part(tree, query::Rate::of(merged.type, merged.sides), max_nodes);
  auto table = profile::top_table(tree);
  return Shown{std::move(tree), std::move(visible), std::move(table)};
}

Result<Json> profile_answer(Service& service, const http::ServerRequest& request,
                            ColumnWriter& columns) {
  PHLOX_TRY(query::Selection selection, selection_of(request, service, ""));
  PHLOX_TRY(const auto largest, narrow_to_largest(request, service, selection));
  PHLOX_TRY(const auto operators, operators_of(request));
  PHLOX_TRY(const Limits limits, limits_of(request));
  PHLOX_TRY(const query::MergedProfile merged,
            query::merge(service.store, std::span(&selection, 1)));
  const bool is_searched = !text_parameter(request, "search", "").empty();
  PHLOX_TRY(Shown view, shown_of(merged, operators, is_searched, limits.nodes));
  auto& [tree, visible, rows] = view;
  const std::size_t shown = std::min(rows.size(), limits.rows);
  query::sort_by_total(rows, merged.symbols, is_searched ? rows.size() : shown);

  FunctionColumns functions(merged.symbols);
  PHLOX_TRY(Json side, side_of(merged.sides[0]));
  PHLOX_TRY(Json found, search_of(request, merged.symbols, tree, rows, limits.rows, functions));
  Json answer{{"type", merged.type.to_string()},
              {"unit", merged.type.sample.unit},
              {"side", std::move(side)},
              {"tree", tree_of(tree, visible, functions, columns)},
              {"table", table_of(std::span(rows).first(shown), 1, functions, columns)},
              {"table_left_out", rows.size() - shown},
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
