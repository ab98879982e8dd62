// GET /api/v1/services: who spends how much.
#include <algorithm>

#include "api/answers.h"

namespace phlox::api {
namespace {

Result<Json> services_answer(Service& service, const http::ServerRequest& request) {
  PHLOX_TRY(const query::Selection selection, selection_of(request, service, ""));
  return query::with_plan(
      service.store, selection.from, selection.until, [&](const query::Plan& plan) -> Result<Json> {
        PHLOX_TRY(auto rows,
                  service.store.timeline(selection.selector, selection.type,
                                         std::span(&plan.tiles, 1), profile::kServiceName));
        std::ranges::stable_sort(rows, [](const auto& a, const auto& b) {
          return a.points[0].value.wide() > b.points[0].value.wide();
        });
        Json services = Json::array();
        for (const auto& row : rows) {
          const storage::Totals& totals = row.points[0];
          PHLOX_TRY(Json total, number(totals.value));
          services.push_back({{"name", row.label},
                              {"total", std::move(total)},
                              {"covered_ns", number(static_cast<std::int64_t>(totals.covered_ns))},
                              {"profiles", totals.profiles}});
        }
        return Json{{"range", range_of(plan.from_s, plan.until_s, plan.coarsest_width_s())},
                    {"services", std::move(services)}};
      });
}

}  // namespace

void add_services(http::Router& router, Service& service) {
  router.add("GET", "/api/v1/services", http::Lane::kQuery,
             [&service](const http::ServerRequest& request) {
               return answer_json(services_answer(service, request));
             });
}

}  // namespace phlox::api
