// What the methods of querier.v1.QuerierService share.
#pragma once

#include "api/connect.h"
#include "api/routes.h"
#include "query/merged_profile.h"

namespace phlox::api {

// Milliseconds since 1970; 0 and 0 is all time.
struct QuerierRange {
  WallTime from{};
  WallTime until{};
};
Result<QuerierRange> querier_range(std::int64_t start_ms, std::int64_t end_ms,
                                   const Service& service);

Result<query::Selection> querier_selection(const std::string& type, const std::string& selector,
                                           std::int64_t start_ms, std::int64_t end_ms,
                                           const Service& service);

// Adds POST /querier.v1.QuerierService/METHOD, answered by handle(Service&, const Request&,
// Response&) -> Result<>.
template <class Request, class Response>
void add_querier_method(http::Router& router, Service& service, const std::string& method,
                        Result<> (*handle)(Service&, const Request&, Response&)) {
  router.add("POST", "/querier.v1.QuerierService/" + method, http::Lane::kQuery,
             [&service, handle](const http::ServerRequest& request) {
               return connect_call<Request, Response>(
                   request, [&](const Request& message, Response& answer) {
                     return handle(service, message, answer);
                   });
             });
}

}  // namespace phlox::api
