// GET /api/v1/diff: two selections compared in absolute values.
#include "api/answers.h"
#include "query/comparison.h"

namespace phlox::api {
namespace {

Result<Json> diff_answer(Service& service, const http::ServerRequest& request,
                         ColumnWriter& columns) {
  PHLOX_TRY(const query::Selection baseline, selection_of(request, service, "baseline_"));
  PHLOX_TRY(const query::Selection comparison, selection_of(request, service, "comparison_"));
  PHLOX_TRY(const auto operators, operators_of(request));
  PHLOX_TRY(const Limits limits, limits_of(request));
  PHLOX_TRY(const auto wanted, searched_frames(request));
  const std::vector<query::Selection> both = {baseline, comparison};
  PHLOX_TRY(const query::MergedProfile merged, query::merge(service.store, both));
  PHLOX_TRY(const auto tree, merged.tree(profile::FunctionIdentity::kIgnoreFirstLine, operators));
  const auto rates = query::Rate::of(merged.type, merged.sides);
  const query::VisibleTree visible = query::visible_part(tree, rates, limits.nodes);
  auto rows = profile::top_table(tree);
  query::sort_by_change(rows, rates, merged.symbols);
  const query::Headline headline = query::headline(merged, tree, rows, rates);
  const std::size_t shown = std::min(rows.size(), limits.rows);

  FunctionColumns functions(merged.symbols);
  PHLOX_TRY(Json left, side_of(merged.sides[0]));
  PHLOX_TRY(Json right, side_of(merged.sides[1]));
  Json found;
  if (wanted)
    found =
        search_of(query::search(merged.symbols, tree, rows, *wanted, limits.rows), 2, functions);
  Json answer{{"type", merged.type.to_string()},
              {"unit", merged.type.sample.unit},
              {"baseline", std::move(left)},
              {"comparison", std::move(right)},
              {"tree", tree_of(tree, visible, functions, columns)},
              {"table", table_of(std::span(rows).first(shown), 2, functions, columns)},
              {"table_left_out", rows.size() - shown},
              {"search", std::move(found)},
              {"headline",
               {{"changed", functions.index_of(headline.changed)},
                {"unchanged", functions.index_of(headline.unchanged)},
                {"sentence", headline.sentence}}}};
  answer["functions"] = functions.columns();
  return answer;
}

}  // namespace

void add_diff(http::Router& router, Service& service) {
  router.add("GET", "/api/v1/diff", http::Lane::kQuery,
             [&service](const http::ServerRequest& request) {
               ColumnWriter columns = columns_for(request);
               const auto answer = diff_answer(service, request, columns);
               return answer_columns(answer, columns);
             });
}

}  // namespace phlox::api
