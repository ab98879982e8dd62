// GetProfileStats, AnalyzeQuery: how much there is, for Pyroscope's clients.
#include <set>

#include "api/querier.h"
#include "querier/v1/querier.pb.h"
#include "query/selector_parser.h"

namespace phlox::api {
namespace {

Result<bool> has_data(Service& service, std::int64_t from_s, std::int64_t until_s) {
  const std::vector<storage::Selector> everything(1);
  return query::with_plan(service.store, from_unix_ms(from_s * 1000), from_unix_ms(until_s * 1000),
                          [&](const query::Plan& plan) -> Result<bool> {
                            PHLOX_TRY(const auto found,
                                      service.store.series(everything, plan.tiles));
                            return !found.empty();
                          });
}

// The first second in [low, high) for which `holds`, which from there on holds always, a multiple
// of 10 s from `low`; `high` if there is none.
template <class Holds>
Result<std::int64_t> first_second(std::int64_t low, std::int64_t high, Holds holds) {
  while (low < high) {
    const std::int64_t middle =
        low + (high - low) / 2 / storage::kFinestWidth * storage::kFinestWidth;
    PHLOX_TRY(const bool found, holds(middle));
    if (found)
      high = middle;
    else
      low = middle + storage::kFinestWidth;
  }
  return low;
}

Result<> get_profile_stats(Service& service, const types::v1::GetProfileStatsRequest&,
                           types::v1::GetProfileStatsResponse& answer) {
  constexpr std::int64_t kWidth = storage::kFinestWidth;
  const std::int64_t end =
      storage::align_up(to_unix_ms(service.clock.wall_now()) / 1000 + 3600, kWidth);
  PHLOX_TRY(const bool any, has_data(service, 0, end));
  answer.set_data_ingested(any);
  if (!any) return {};
  PHLOX_TRY(const std::int64_t oldest, first_second(0, end, [&](std::int64_t second) {
              return has_data(service, 0, second + kWidth);
            }));
  PHLOX_TRY(const std::int64_t newest,
            first_second(oldest, end, [&](std::int64_t second) -> Result<bool> {
              if (second + kWidth >= end) return true;
              PHLOX_TRY(const bool later, has_data(service, second + kWidth, end));
              return !later;
            }));
  answer.set_oldest_profile_time(oldest * 1000);
  answer.set_newest_profile_time((newest + kWidth) * 1000 - 1);
  return {};
}

Result<> analyze_query(Service& service, const querier::v1::AnalyzeQueryRequest& request,
                       querier::v1::AnalyzeQueryResponse& answer) {
  PHLOX_TRY(const QuerierRange range, querier_range(request.start(), request.end(), service));
  PHLOX_TRY(const auto parsed, query::parse_selector(request.query()));
  const auto counted = query::with_plan(
      service.store, range.from, range.until,
      [&](const query::Plan& plan) -> Result<querier::v1::QueryScope> {
        PHLOX_TRY(const auto found,
                  service.store.series(std::span(&parsed.selector, 1), plan.tiles));
        querier::v1::QueryScope scope;
        std::set<std::string> types;
        for (const auto& key : found) {
          const std::string type = key.type.to_string();
          if (parsed.type && *parsed.type != type) continue;
          scope.set_series_count(scope.series_count() + 1);
          types.insert(type);
        }
        for (const std::string& type : types) {
          PHLOX_TRY(const auto rows,
                    service.store.timeline(parsed.selector, type, std::span(&plan.tiles, 1), ""));
          for (const auto& row : rows)
            scope.set_profile_count(scope.profile_count() + row.points[0].profiles);
        }
        return scope;
      });
  PHLOX_TRY(querier::v1::QueryScope scope, counted);
  scope.set_component_type("store");
  scope.set_component_count(1);
  answer.mutable_query_impact()->set_total_queried_series(scope.series_count());
  *answer.add_query_scopes() = std::move(scope);
  return {};
}

}  // namespace

void add_stats(http::Router& router, Service& service) {
  add_querier_method(router, service, "GetProfileStats", get_profile_stats);
  add_querier_method(router, service, "AnalyzeQuery", analyze_query);
}

}  // namespace phlox::api
