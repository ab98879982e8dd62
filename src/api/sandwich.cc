// GET /api/v1/sandwich: callers and callees of a function, wherever it stands.
#include "api/answers.h"

namespace phlox::api {
namespace {

Result<Json> sandwich_answer(Service& service, const http::ServerRequest& request,
                             ColumnWriter& columns) {
  PHLOX_TRY(const query::Selection selection, selection_of(request, service, ""));
  PHLOX_TRY(auto operators, operators_of(request));
  PHLOX_TRY(const Limits limits, limits_of(request));
  const std::string frames = text_parameter(request, "function", "");
  PHLOX_TRY(const query::MergedProfile merged,
            query::merge(service.store, std::span(&selection, 1)));
  const auto rates = query::Rate::of(merged.type, merged.sides);
  FunctionColumns functions(merged.symbols);
  const auto half = [&](std::string_view name) -> Result<Json> {
    PHLOX_TRY(query::Operator op, query::parse_operator(name, frames));
    operators.push_back(std::move(op));
    PHLOX_TRY(const auto tree, merged.tree(profile::FunctionIdentity::kExact, operators));
    operators.pop_back();
    return tree_of(tree, query::visible_part(tree, rates, limits.nodes), functions, columns);
  };
  PHLOX_TRY(Json callers, half("callers").context("function"));
  PHLOX_TRY(Json callees, half("below").context("function"));
  PHLOX_TRY(Json side, side_of(merged.sides[0]));
  Json answer{{"type", merged.type.to_string()},
              {"unit", merged.type.sample.unit},
              {"side", std::move(side)},
              {"callers", std::move(callers)},
              {"callees", std::move(callees)}};
  answer["functions"] = functions.columns();
  return answer;
}

}  // namespace

void add_sandwich(http::Router& router, Service& service) {
  router.add("GET", "/api/v1/sandwich", http::Lane::kQuery,
             [&service](const http::ServerRequest& request) {
               ColumnWriter columns = columns_for(request);
               const auto answer = sandwich_answer(service, request, columns);
               return answer_columns(answer, columns);
             });
}

}  // namespace phlox::api
