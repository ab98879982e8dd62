// SelectSeries: a timeline for Pyroscope's clients. A point stands at the begin of its step.
#include <algorithm>
#include <cmath>

#include "api/querier.h"
#include "querier/v1/querier.pb.h"

namespace phlox::api {
namespace {

using Request = querier::v1::SelectSeriesRequest;
using Response = querier::v1::SelectSeriesResponse;

constexpr int kMaxGroupBy = 8;
constexpr std::size_t kMaxCombinations = 1000;

double value_of(const storage::Totals& totals, bool is_average) {
  const auto sum = static_cast<double>(totals.value.wide());
  return is_average && totals.profiles > 0 ? sum / static_cast<double>(totals.profiles) : sum;
}

struct Row {
  std::vector<profile::Labels::Pair> labels;
  std::vector<storage::Totals> points;
};

void add_row(Response& answer, const Row& row, const query::PointPlan& plan, bool is_average) {
  auto* series = answer.add_series();
  for (const auto& [name, value] : row.labels) {
    auto* label = series->add_labels();
    label->set_name(name);
    label->set_value(value);
  }
  for (std::size_t i = 0; i < row.points.size(); ++i) {
    if (row.points[i] == storage::Totals()) continue;
    auto* point = series->add_points();
    point->set_timestamp((plan.from_s + static_cast<std::int64_t>(i) * plan.step_s) * 1000);
    point->set_value(value_of(row.points[i], is_average));
  }
}

double total_of(const Row& row) {
  double total = 0;
  for (const auto& totals : row.points) total += static_cast<double>(totals.value.wide());
  return total;
}

// The store groups by one label, the last. For each combination of the others that there is, it is
// asked once.
Result<std::vector<std::vector<std::string>>> combinations(storage::Store& store,
                                                           const query::Selection& selection,
                                                           std::span<const std::string> labels,
                                                           const query::PointPlan& plan) {
  if (labels.empty()) return std::vector<std::vector<std::string>>{{}};
  storage::Selector of_type = selection.selector;
  PHLOX_TRY(of_type.add(std::string(profile::kProfileTypeLabel), storage::Matcher::Operator::kEqual,
                        selection.type));
  std::vector<storage::Tile> tiles;
  for (const auto& point : plan.points) tiles.insert(tiles.end(), point.begin(), point.end());
  PHLOX_TRY(auto out, store.label_sets(std::span(&of_type, 1), tiles, labels));
  if (out.size() > kMaxCombinations)
    return Error::limit("groupBy: more than {} combinations of labels", kMaxCombinations);
  return out;
}

Result<std::vector<Row>> read_rows(storage::Store& store, const query::Selection& selection,
                                   const std::vector<std::string>& group_by,
                                   const query::PointPlan& plan) {
  const std::string last = group_by.empty() ? "" : group_by.back();
  const auto others = std::span(group_by).first(group_by.empty() ? 0 : group_by.size() - 1);
  PHLOX_TRY(const auto all, combinations(store, selection, others, plan));
  std::vector<Row> rows;
  for (const std::vector<std::string>& values : all) {
    storage::Selector selector = selection.selector;
    std::vector<profile::Labels::Pair> labels;
    for (std::size_t i = 0; i < values.size(); ++i) {
      PHLOX_TRY(selector.add(others[i], storage::Matcher::Operator::kEqual, values[i]));
      labels.emplace_back(others[i], values[i]);
    }
    PHLOX_TRY(auto found, store.timeline(selector, selection.type, plan.points, last));
    for (auto& series : found) {
      Row& row = rows.emplace_back(Row{labels, std::move(series.points)});
      if (!last.empty()) row.labels.emplace_back(last, series.label);
    }
  }
  return rows;
}

Result<> select_series(Service& service, const Request& request, Response& answer) {
  PHLOX_TRY(const query::Selection selection,
            querier_selection(request.profile_typeid(), request.label_selector(), request.start(),
                              request.end(), service));
  if (request.group_by_size() > kMaxGroupBy)
    return Error::limit("groupBy of {} labels, at most {}", request.group_by_size(), kMaxGroupBy);
  if (!(request.step() >= 0) || request.step() > static_cast<double>(storage::kEndOfTime))
    return Error::invalid("step is a number of seconds");
  if (request.stack_trace_selector().call_site_size() > 0)
    return Error::invalid("stackTraceSelector is not served here; ask SelectMergeStacktraces");
  const std::vector<std::string> group_by(request.group_by().begin(), request.group_by().end());
  // A gauge comes averaged from the store.
  const bool is_average =
      request.aggregation() == types::v1::TIME_SERIES_AGGREGATION_TYPE_AVERAGE &&
      !profile::is_gauge(selection.type);
  return query::with_horizons(service.store, [&](const storage::Horizons& horizons) -> Result<> {
    PHLOX_TRY(const auto plan,
              query::plan_points(selection.from, selection.until,
                                 static_cast<std::int64_t>(std::ceil(request.step())),
                                 query::StepGrid::kFromStart, horizons));
    PHLOX_TRY(auto rows, read_rows(service.store, selection, group_by, plan));
    std::ranges::stable_sort(rows, std::ranges::greater{}, total_of);
    if (request.limit() > 0 && static_cast<std::size_t>(request.limit()) < rows.size())
      rows.resize(static_cast<std::size_t>(request.limit()));
    answer.Clear();
    for (const Row& row : rows) add_row(answer, row, plan, is_average);
    return {};
  });
}

}  // namespace

void add_series(http::Router& router, Service& service) {
  add_querier_method(router, service, "SelectSeries", select_series);
}

}  // namespace phlox::api
