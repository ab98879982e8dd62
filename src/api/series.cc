// SelectSeries: a timeline for Pyroscope's clients. A point stands at the begin of its step.
#include <algorithm>
#include <cmath>
#include <map>

#include "api/querier.h"
#include "querier/v1/querier.pb.h"

namespace phlox::api {
namespace {

using Request = querier::v1::SelectSeriesRequest;
using Response = querier::v1::SelectSeriesResponse;

double value_of(const storage::Totals& totals, bool is_average) {
  const auto sum = static_cast<double>(totals.value.wide());
  return is_average && totals.profiles > 0 ? sum / static_cast<double>(totals.profiles) : sum;
}

void add_row(Response& answer, const std::string& label_name, const storage::SeriesPoints& row,
             const query::PointPlan& plan, bool is_average) {
  auto* series = answer.add_series();
  if (!label_name.empty()) {
    auto* label = series->add_labels();
    label->set_name(label_name);
    label->set_value(row.label);
  }
  for (std::size_t i = 0; i < row.points.size(); ++i) {
    if (row.points[i] == storage::Totals()) continue;
    auto* point = series->add_points();
    point->set_timestamp((plan.from_s + static_cast<std::int64_t>(i) * plan.step_s) * 1000);
    point->set_value(value_of(row.points[i], is_average));
  }
}

double total_of(const storage::SeriesPoints& row) {
  double total = 0;
  for (const auto& totals : row.points) total += static_cast<double>(totals.value.wide());
  return total;
}

Result<> select_series(Service& service, const Request& request, Response& answer) {
  PHLOX_TRY(const query::Selection selection,
            querier_selection(request.profile_typeid(), request.label_selector(), request.start(),
                              request.end(), service));
  if (request.group_by_size() > 1)
    return Error::invalid("groupBy of {} labels, at most 1", request.group_by_size());
  if (!(request.step() >= 0) || request.step() > static_cast<double>(storage::kEndOfTime))
    return Error::invalid("step is a number of seconds");
  const std::string group_by = request.group_by_size() == 1 ? request.group_by(0) : "";
  const bool is_average = request.aggregation() == types::v1::TIME_SERIES_AGGREGATION_TYPE_AVERAGE;
  return query::with_horizons(service.store, [&](const storage::Horizons& horizons) -> Result<> {
    PHLOX_TRY(const auto plan,
              query::plan_points(selection.from, selection.until,
                                 static_cast<std::int64_t>(std::ceil(request.step())), horizons));
    PHLOX_TRY(auto rows,
              service.store.timeline(selection.selector, selection.type, plan.points, group_by));
    std::ranges::stable_sort(rows, std::ranges::greater{}, total_of);
    if (request.limit() > 0 && static_cast<std::size_t>(request.limit()) < rows.size())
      rows.resize(static_cast<std::size_t>(request.limit()));
    answer.Clear();
    for (const auto& row : rows) add_row(answer, group_by, row, plan, is_average);
    return {};
  });
}

}  // namespace

void add_series(http::Router& router, Service& service) {
  add_querier_method(router, service, "SelectSeries", select_series);
}

}  // namespace phlox::api
