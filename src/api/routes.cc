#include "api/routes.h"

namespace phlox::api {

http::Router make_router(Service& service) {
  http::Router router;
  add_push(router, service);
  add_ingest(router, service);
  add_upload(router, service);
  add_otlp(router, service);
  add_catalog(router, service);
  add_merge(router, service);
  add_series(router, service);
  add_stats(router, service);
  add_render(router, service);
  add_services(router, service);
  add_label_values(router, service);
  add_timeline(router, service);
  add_profile(router, service);
  add_sandwich(router, service);
  add_source(router, service);
  add_export(router, service);
  add_diff(router, service);
  add_documents(router, service);
  add_operation(router, service);
  add_backups(router, service);
  add_status(router, service);
  add_openapi(router);
  add_page(router);
  return router;
}

}  // namespace phlox::api
