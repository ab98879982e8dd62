// GET /api/v1/timeline: values and coverage over time.
#include <algorithm>
#include <optional>

#include "api/answers.h"
#include "query/operator_timeline.h"

namespace phlox::api {
namespace {

constexpr std::int64_t kDefaultSeries = 20;
constexpr std::int64_t kMaxSeriesShown = 10'000;
// Each is a query of its own when operators ask for stacks.
constexpr std::size_t kMaxSeriesWithOperators = 200;

struct Row {
  storage::SeriesPoints points;
  profile::Sum total;
};

// A gauge's total is the mean over the points that have data.
std::vector<Row> largest_first(std::vector<storage::SeriesPoints> in, bool is_gauge) {
  std::vector<Row> rows;
  for (auto& points : in) {
    Row& row = rows.emplace_back(Row{std::move(points), {}});
    for (const auto& totals : row.points.points) row.total += totals.value;
    if (is_gauge)
      row.total = row.total.mean(static_cast<std::uint64_t>(std::ranges::count_if(
          row.points.points, [](const storage::Totals& totals) { return totals.profiles > 0; })));
  }
  std::ranges::stable_sort(
      rows, [](const Row& a, const Row& b) { return a.total.wide() > b.total.wide(); });
  return rows;
}

Result<Json> row_json(const Row& row, const std::string& group_by) {
  Json::array_t values;
  Json::array_t covered;
  for (const auto& totals : row.points.points) {
    PHLOX_TRY(Json value, number(totals.value));
    values.push_back(std::move(value));
    covered.push_back(number(static_cast<std::int64_t>(totals.covered_ns)));
  }
  PHLOX_TRY(Json total, number(row.total));
  Json labels = Json::object();
  if (!group_by.empty()) labels[group_by] = row.points.label;
  return Json{{"labels", std::move(labels)},
              {"total", std::move(total)},
              {"values", std::move(values)},
              {"covered_ns", std::move(covered)}};
}

// The functions that `function` or `search` asks for, as an operator.
Result<std::optional<query::Operator>> band_operator(const http::ServerRequest& request) {
  const std::string function = text_parameter(request, "function", "");
  const std::string search = text_parameter(request, "search", "");
  if (function.empty() && search.empty()) return std::optional<query::Operator>();
  PHLOX_TRY(query::FrameSelector frames,
            function.empty() ? query::FrameSelector::parse_search(search).context("search")
                             : query::FrameSelector::parse(function).context("function"));
  query::Operator op{.kind = query::Operator::Kind::kContains, .frames = {}, .factor = {}};
  op.frames.push_back(std::move(frames));
  return std::optional(std::move(op));
}

Result<Json> band_of(Service& service, const query::Selection& selection,
                     const query::PointPlan& plan, std::span<const query::Operator> operators) {
  PHLOX_TRY(const auto points, query::operator_timeline(service.store, selection, plan, operators));
  Json::array_t band;
  for (const storage::Totals& totals : points) {
    PHLOX_TRY(Json value, number(totals.value));
    band.push_back(std::move(value));
  }
  return Json(std::move(band));
}

// Replaces the values of each row by what operators leave of them.
Result<> apply_operators(Service& service, const query::Selection& selection,
                         const query::PointPlan& plan, const std::string& group_by,
                         std::span<const query::Operator> operators,
                         std::vector<storage::SeriesPoints>& rows) {
  if (rows.size() > kMaxSeriesWithOperators)
    return Error::limit("{} values of label '{}', at most {} with operators; narrow the selector",
                        rows.size(), group_by, kMaxSeriesWithOperators);
  for (storage::SeriesPoints& row : rows) {
    query::Selection part = selection;
    if (!group_by.empty())
      PHLOX_TRY(part.selector.add(group_by, storage::Matcher::Operator::kEqual, row.label));
    PHLOX_TRY(row.points, query::operator_timeline(service.store, part, plan, operators));
  }
  return {};
}

Result<Json> timeline_answer(Service& service, const http::ServerRequest& request) {
  PHLOX_TRY(query::Selection selection, selection_of(request, service, ""));
  PHLOX_TRY(const auto largest, narrow_to_largest(request, service, selection));
  PHLOX_TRY(const auto type, profile::ProfileType::parse(selection.type));
  PHLOX_TRY(const std::int64_t step, number_parameter(request, "step", 0, 1, storage::kEndOfTime));
  PHLOX_TRY(const std::int64_t limit,
            number_parameter(request, "limit", kDefaultSeries, 1, kMaxSeriesShown));
  const std::string group_by = text_parameter(request, "group_by", "");
  PHLOX_TRY(const auto operators, operators_of(request));
  PHLOX_TRY(const auto band, band_operator(request));
  return query::with_horizons(
      service.store, [&](const storage::Horizons& horizons) -> Result<Json> {
        PHLOX_TRY(const query::PointPlan plan,
                  query::plan_points(selection.from, selection.until, step,
                                     query::StepGrid::kAligned, horizons));
        PHLOX_TRY(auto points, service.store.timeline(selection.selector, selection.type,
                                                      plan.points, group_by));
        // Without groups there is always one series, if only to say that there is no data.
        if (group_by.empty() && points.empty())
          points.push_back(
              {.label = {}, .points = std::vector<storage::Totals>(plan.points.size())});
        if (!operators.empty())
          PHLOX_TRY(apply_operators(service, selection, plan, group_by, operators, points));
        const auto rows = largest_first(std::move(points), type.is_gauge());
        const std::size_t shown = std::min(rows.size(), static_cast<std::size_t>(limit));
        Json series = Json::array();
        for (const Row& row : std::span(rows).first(shown)) {
          PHLOX_TRY(Json json, row_json(row, group_by));
          series.push_back(std::move(json));
        }
        Json answer{{"range", range_of(plan.from_s, plan.until_s, plan.coarsest_width_s())},
                    {"step_ms", plan.step_s * 1000},
                    {"first_ms", plan.first_s * 1000},
                    {"unit", type.sample.unit},
                    {"series", std::move(series)},
                    {"series_left_out", rows.size() - shown}};
        if (largest) answer["largest"] = *largest;
        if (band) {
          std::vector<query::Operator> with_band = operators;
          with_band.push_back(*band);
          PHLOX_TRY(answer["band"], band_of(service, selection, plan, with_band));
        }
        return answer;
      });
}

}  // namespace

void add_timeline(http::Router& router, Service& service) {
  router.add("GET", "/api/v1/timeline", http::Lane::kQuery,
             [&service](const http::ServerRequest& request) {
               return answer_json(timeline_answer(service, request));
             });
}

}  // namespace phlox::api
