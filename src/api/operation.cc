#include "api/routes.h"

namespace phlox::api {

void add_operation(http::Router& router, Service& service) {
  router.add("GET", "/ready", http::Lane::kIngest, [](const http::ServerRequest&) {
    return http::ServerResponse{.content_type = "text/plain; charset=utf-8", .body = "ready\n"};
  });
  // On the threads of queries: with /ready beside it, a look at either says which lane is stuck.
  router.add("GET", "/healthz", http::Lane::kQuery, [](const http::ServerRequest&) {
    return http::ServerResponse{.content_type = "text/plain; charset=utf-8", .body = "ok\n"};
  });
  router.add("GET", "/metrics", http::Lane::kIngest, [&service](const http::ServerRequest&) {
    return http::ServerResponse{.content_type = "text/plain; version=0.0.4; charset=utf-8",
                                .body = service.metrics.text(service.store.size())};
  });
}

}  // namespace phlox::api
