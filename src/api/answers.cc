#include "api/answers.h"

#include <charconv>

#include "query/largest.h"
#include "query/selector_parser.h"
#include "query/time_text.h"

namespace phlox::api {
namespace {

// A sum for one side, a pair of sums for two.
Json by_side(Json::array_t sums) {
  return sums.size() == 1 ? std::move(sums[0]) : Json(std::move(sums));
}

constexpr std::int64_t kDefaultRows = 1000;
constexpr std::int64_t kMaxRows = 1'000'000;

}  // namespace

std::string text_parameter(const http::ServerRequest& request, std::string_view name,
                           std::string_view otherwise) {
  const std::string* value = request.parameter(name);
  return value == nullptr || value->empty() ? std::string(otherwise) : *value;
}

Result<std::int64_t> number_parameter(const http::ServerRequest& request, std::string_view name,
                                      std::int64_t otherwise, std::int64_t least,
                                      std::int64_t most) {
  const std::string* text = request.parameter(name);
  if (text == nullptr || text->empty()) return otherwise;
  std::int64_t value = 0;
  const char* end = text->data() + text->size();
  const auto parsed = std::from_chars(text->data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end || value < least || value > most)
    return Error::invalid("{}='{}': expected a whole number from {} to {}", name,
                          text->substr(0, 40), least, most);
  return value;
}

Result<query::Selection> selection_of(const http::ServerRequest& request, const Service& service,
                                      std::string_view prefix) {
  const auto named = [&](std::string_view name) { return std::string(prefix).append(name); };
  const WallTime now = service.clock.wall_now();
  PHLOX_TRY(auto parsed, query::parse_selector(text_parameter(request, named("selector"), "{}")));
  query::Selection selection;
  selection.selector = std::move(parsed.selector);
  selection.type =
      text_parameter(request, "type", parsed.type.value_or(std::string(profile::kProcessCpu)));
  PHLOX_TRY(profile::ProfileType::parse(selection.type));
  PHLOX_TRY(selection.from,
            query::parse_time(text_parameter(request, named("from"), "now-1h"), now));
  PHLOX_TRY(selection.until,
            query::parse_time(text_parameter(request, named("until"), "now"), now));
  return selection;
}

Result<std::optional<Json>> narrow_to_largest(const http::ServerRequest& request,
                                              const Service& service, query::Selection& selection) {
  const std::string label = text_parameter(request, "largest", "");
  if (label.empty()) return std::optional<Json>();
  PHLOX_TRY(const auto value, query::largest_value(service.store, selection, label));
  if (!value) return std::optional<Json>(nullptr);
  PHLOX_TRY(selection.selector.add(label, storage::Matcher::Operator::kEqual, *value));
  return std::optional<Json>(*value);
}

Result<std::vector<query::Operator>> operators_of(const http::ServerRequest& request) {
  std::vector<query::Operator> out;
  for (const auto& [name, argument] : request.query) {
    if (!query::is_operator(name)) continue;
    if (out.size() == query::kMaxOperators)
      return Error::limit("more than {} operators in one query", query::kMaxOperators);
    PHLOX_TRY(query::Operator op, query::parse_operator(name, argument));
    out.push_back(std::move(op));
  }
  return out;
}

Result<Limits> limits_of(const http::ServerRequest& request) {
  PHLOX_TRY(
      const std::int64_t nodes,
      number_parameter(request, "max_nodes", query::kDefaultMaxNodes, 1, query::kMaxMaxNodes));
  PHLOX_TRY(const std::int64_t rows,
            number_parameter(request, "max_rows", kDefaultRows, 0, kMaxRows));
  return Limits{static_cast<std::size_t>(nodes), static_cast<std::size_t>(rows)};
}

Result<Json> number(const profile::Sum& sum) {
  PHLOX_TRY(const std::int64_t value, sum.to_int64());
  return number(value);
}

Json range_of(std::int64_t from_s, std::int64_t until_s, std::int64_t width_s) {
  return {{"from_ms", from_s * 1000}, {"until_ms", until_s * 1000}, {"level_s", width_s}};
}

Result<Json> side_of(const query::Side& side) {
  PHLOX_TRY(Json total, number(side.totals.value));
  return Json{
      {"range", range_of(side.plan.from_s, side.plan.until_s, side.plan.coarsest_width_s())},
      {"total", std::move(total)},
      {"covered_ns", number(static_cast<std::int64_t>(side.totals.covered_ns))},
      {"profiles", side.totals.profiles}};
}

Result<std::optional<query::FrameSelector>> searched_frames(const http::ServerRequest& request) {
  const std::string text = text_parameter(request, "search", "");
  if (text.empty()) return std::nullopt;
  PHLOX_TRY(auto wanted, query::FrameSelector::parse_search(text).context("search"));
  return wanted;
}

Json search_of(const query::SearchResult& found, std::size_t side_count,
               FunctionColumns& functions) {
  Json::array_t self;
  Json::array_t total;
  for (std::size_t side = 0; side < side_count; ++side) {
    self.push_back(number(found.self[side]));
    total.push_back(number(found.total[side]));
  }
  Json rows = Json::array();
  for (const auto& row : found.functions) rows.push_back(functions.index_of(row.function));
  return Json{{"function", std::move(rows)},
              {"functions_left_out", found.functions_left_out},
              {"nodes", found.nodes},
              {"self", by_side(std::move(self))},
              {"total", by_side(std::move(total))}};
}

http::ServerResponse answer_json(const Result<Json>& answer) {
  return answer_columns(answer, ColumnWriter());
}

ColumnWriter columns_for(const http::ServerRequest& request) {
  // Who preloads an answer cannot choose its Accept header.
  const bool accepts =
      request.header("Accept").find(format::kColumnsType) != std::string_view::npos ||
      text_parameter(request, "columns", "") == "bytes";
  return ColumnWriter(accepts ? ColumnWriter::Form::kBytes : ColumnWriter::Form::kJson);
}

http::ServerResponse answer_columns(const Result<Json>& answer, const ColumnWriter& columns) {
  if (!answer) return http::error_response(answer.error());
  const bool is_json = columns.form() == ColumnWriter::Form::kJson;
  return {.content_type = is_json ? "application/json" : std::string(format::kColumnsType),
          .body = columns.body(*answer),
          .headers = {}};
}

}  // namespace phlox::api
