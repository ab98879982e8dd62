// GET /api/v1/openapi.json: the description of what is public.
#include "api/openapi.h"

#include "api/routes.h"

namespace phlox::api {

void add_openapi(http::Router& router) {
  router.add("GET", "/api/v1/openapi.json", http::Lane::kQuery, [](const http::ServerRequest&) {
    return http::ServerResponse{
        .content_type = "application/json", .body = std::string(openapi_text()), .headers = {}};
  });
}

}  // namespace phlox::api
