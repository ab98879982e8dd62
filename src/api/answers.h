// Parts that several answers of /api/v1 share: docs/api.md, "Conventions".
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "api/routes.h"
#include "format/tree_columns.h"
#include "http/message.h"
#include "profile/top_table.h"
#include "query/merged_profile.h"
#include "query/operators.h"
#include "query/search.h"
#include "query/visible_tree.h"

namespace phlox::api {

using format::ColumnWriter;
using format::FunctionColumns;
using format::Json;
using format::number;
using format::table_of;
using format::tree_of;

// Parameters of a request; the prefix is "", "baseline_" or "comparison_".
std::string text_parameter(const http::ServerRequest& request, std::string_view name,
                           std::string_view otherwise);
Result<std::int64_t> number_parameter(const http::ServerRequest& request, std::string_view name,
                                      std::int64_t otherwise, std::int64_t least,
                                      std::int64_t most);
Result<query::Selection> selection_of(const http::ServerRequest& request, const Service& service,
                                      std::string_view prefix);
// `largest`: narrows the selection to the value of that label that has most of it. What the answer
// says about it: null where there is no data, nothing at all without the parameter.
Result<std::optional<Json>> narrow_to_largest(const http::ServerRequest& request,
                                              const Service& service, query::Selection& selection);
// In the order in which they stand in the URL. kLimit for more than kMaxOperators.
Result<std::vector<query::Operator>> operators_of(const http::ServerRequest& request);
struct Limits {
  std::size_t nodes = 0;
  std::size_t rows = 0;
};
Result<Limits> limits_of(const http::ServerRequest& request);

Result<Json> number(const profile::Sum& sum);
Json range_of(std::int64_t from_s, std::int64_t until_s, std::int64_t width_s);
Result<Json> side_of(const query::Side& side);

// What `search` asks for.
Result<std::optional<query::FrameSelector>> searched_frames(const http::ServerRequest& request);
Json search_of(const query::SearchResult& found, std::size_t side_count,
               FunctionColumns& functions);

http::ServerResponse answer_json(const Result<Json>& answer);

// As bytes for who accepts format::kColumnsType, else as JSON.
ColumnWriter columns_for(const http::ServerRequest& request);
http::ServerResponse answer_columns(const Result<Json>& answer, const ColumnWriter& columns);

}  // namespace phlox::api
