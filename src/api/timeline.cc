// GET /api/v1/timeline: values and coverage over time.
#include <algorithm>

#include "api/answers.h"
#include "query/function_band.h"

namespace phlox::api {
namespace {

constexpr std::int64_t kDefaultSeries = 20;
constexpr std::int64_t kMaxSeriesShown = 10'000;

struct Row {
  storage::SeriesPoints points;
  profile::Sum total;
};

std::vector<Row> largest_first(std::vector<storage::SeriesPoints> in) {
  std::vector<Row> rows;
  for (auto& points : in) {
    Row& row = rows.emplace_back(Row{std::move(points), {}});
    for (const auto& totals : row.points.points) row.total += totals.value;
  }
  std::ranges::stable_sort(
      rows, [](const Row& a, const Row& b) { return a.total.wide() > b.total.wide(); });
  return rows;
}

Result<Json> row_json(const Row& row, const std::string& group_by) {
  Json::array_t values, covered;
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

std::optional<query::FunctionMatch> match_of(const http::ServerRequest& request) {
  const std::string function = text_parameter(request, "function", "");
  if (!function.empty()) return query::FunctionMatch{.text = function, .is_whole_name = true};
  const std::string search = text_parameter(request, "search", "");
  if (!search.empty()) return query::FunctionMatch{.text = search};
  return std::nullopt;
}

Result<Json> band_of(Service& service, const query::Selection& selection,
                     const query::PointPlan& plan, const query::FunctionMatch& match) {
  PHLOX_TRY(const auto sums, query::function_band(service.store, selection, plan, match));
  Json::array_t band;
  for (const profile::Sum& sum : sums) {
    PHLOX_TRY(Json value, number(sum));
    band.push_back(std::move(value));
  }
  return Json(std::move(band));
}

Result<Json> timeline_answer(Service& service, const http::ServerRequest& request) {
  PHLOX_TRY(const query::Selection selection, selection_of(request, service, ""));
  PHLOX_TRY(const auto type, profile::ProfileType::parse(selection.type));
  PHLOX_TRY(const std::int64_t step, number_parameter(request, "step", 0, 1, storage::kEndOfTime));
  PHLOX_TRY(const std::int64_t limit,
            number_parameter(request, "limit", kDefaultSeries, 1, kMaxSeriesShown));
  const std::string group_by = text_parameter(request, "group_by", "");
  const auto match = match_of(request);
  return query::with_horizons(
      service.store, [&](const storage::Horizons& horizons) -> Result<Json> {
        PHLOX_TRY(const query::PointPlan plan,
                  query::plan_points(selection.from, selection.until, step, horizons));
        PHLOX_TRY(auto points, service.store.timeline(selection.selector, selection.type,
                                                      plan.points, group_by));
        // Without groups there is always one series, if only to say that there is no data.
        if (group_by.empty() && points.empty())
          points.push_back(
              {.label = {}, .points = std::vector<storage::Totals>(plan.points.size())});
        const auto rows = largest_first(std::move(points));
        const std::size_t shown = std::min(rows.size(), static_cast<std::size_t>(limit));
        Json series = Json::array();
        for (const Row& row : std::span(rows).first(shown)) {
          PHLOX_TRY(Json json, row_json(row, group_by));
          series.push_back(std::move(json));
        }
        Json answer{{"range", range_of(plan.from_s, plan.until_s, plan.coarsest_width_s())},
                    {"step_ms", plan.step_s * 1000},
                    {"unit", type.sample.unit},
                    {"series", std::move(series)},
                    {"series_left_out", rows.size() - shown}};
        if (match) {
          PHLOX_TRY(answer["band"], band_of(service, selection, plan, *match));
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
