// GET /api/v1/label-values: the values of a label, page by page.
#include "query/label_values.h"
#include "api/answers.h"

namespace phlox::api {
namespace {

constexpr std::int64_t kDefaultValues = 1000;
constexpr std::int64_t kMaxValues = 10'000;

Result<Json> label_values_answer(Service& service, const http::ServerRequest& request) {
  PHLOX_TRY(const query::Selection selection, selection_of(request, service, ""));
  query::LabelValuesWanted wanted{.label = text_parameter(request, "label", ""),
                                  .contains = text_parameter(request, "contains", ""),
                                  .after = text_parameter(request, "after", "")};
  if (wanted.label.empty()) return Error::invalid("label: which label? Write its name");
  PHLOX_TRY(const std::int64_t limit,
            number_parameter(request, "limit", kDefaultValues, 1, kMaxValues));
  wanted.limit = static_cast<std::size_t>(limit);
  PHLOX_TRY(auto found, query::label_values(service.store, selection, wanted));
  return Json{{"values", std::move(found.values)},
              {"total", found.total},
              {"next", found.next ? Json(*found.next) : Json()}};
}

}  // namespace

void add_label_values(http::Router& router, Service& service) {
  router.add("GET", "/api/v1/label-values", http::Lane::kQuery,
             [&service](const http::ServerRequest& request) {
               return answer_json(label_values_answer(service, request));
             });
}

}  // namespace phlox::api
