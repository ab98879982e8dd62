#include "api/routes.h"

namespace phlox::api {

void add_operation(http::Router& router, Service& service) {
  router.add("GET", "/ready", http::Lane::kOperation, [](const http::ServerRequest&) {
    return http::ServerResponse{.content_type = "text/plain; charset=utf-8", .body = "ready\n"};
  });
  router.add("GET", "/healthz", http::Lane::kOperation, [](const http::ServerRequest&) {
    return http::ServerResponse{.content_type = "text/plain; charset=utf-8", .body = "ok\n"};
  });
  router.add("GET", "/metrics", http::Lane::kOperation, [&service](const http::ServerRequest&) {
    return http::ServerResponse{.content_type = "text/plain; version=0.0.4; charset=utf-8",
                                .body = service.metrics.text(service.store.size())};
  });
}

}  // namespace phlox::api
