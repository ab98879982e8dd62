// All addresses of the server: docs/api.md. One file an endpoint; each turns a request into a call
// of query or storage, and its result into bytes.
#pragma once

#include <string>

#include "api/metrics.h"
#include "base/clock.h"
#include "http/router.h"
#include "storage/store.h"

namespace phlox::api {

class SourceDirectory;

// What handlers work with. Outlives the router.
struct Service {
  storage::Store& store;
  Metrics& metrics;
  const Clock& clock = Clock::system();
  const SourceDirectory* sources = nullptr;  // null without --source-dir
  std::string backups = {};                  // where backups are written; none are without it
  std::string retention = {};                // in words, for the status page
};

http::Router make_router(Service& service);

// Each file adds what it answers.
void add_push(http::Router& router, Service& service);          // /push.v1.PusherService/Push
void add_ingest(http::Router& router, Service& service);        // /ingest
void add_upload(http::Router& router, Service& service);        // /api/v1/upload
void add_otlp(http::Router& router, Service& service);          // /v1development/profiles
void add_catalog(http::Router& router, Service& service);       // ProfileTypes, LabelNames ...
void add_merge(http::Router& router, Service& service);         // SelectMergeStacktraces, Diff ...
void add_series(http::Router& router, Service& service);        // SelectSeries
void add_stats(http::Router& router, Service& service);         // GetProfileStats, AnalyzeQuery
void add_render(http::Router& router, Service& service);        // /pyroscope/render, /labels ...
void add_services(http::Router& router, Service& service);      // /api/v1/services
void add_label_values(http::Router& router, Service& service);  // /api/v1/label-values
void add_timeline(http::Router& router, Service& service);      // /api/v1/timeline
void add_profile(http::Router& router, Service& service);       // /api/v1/profile
void add_sandwich(http::Router& router, Service& service);      // /api/v1/sandwich
void add_source(http::Router& router, Service& service);        // /api/v1/source
void add_export(http::Router& router, Service& service);        // /api/v1/export
void add_diff(http::Router& router, Service& service);          // /api/v1/diff
void add_documents(http::Router& router, Service& service);  // /api/v1/annotations, prices, views
void add_operation(http::Router& router, Service& service);  // /ready, /healthz, /metrics
void add_backups(http::Router& router, Service& service);    // /api/v1/backups
void add_status(http::Router& router, Service& service);     // /status
void add_openapi(http::Router& router);                      // /api/v1/openapi.json
void add_page(http::Router& router);                         // the web page

}  // namespace phlox::api
