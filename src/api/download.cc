// GET /api/v1/download: what a view is made of, as a file.
#include "api/answers.h"
#include "api/merged_forms.h"
#include "base/gzip.h"
#include "format/folded.h"
#include "format/pprof.h"
#include "format/speedscope.h"

namespace phlox::api {
namespace {

Result<http::ServerResponse> file_of(const profile::Profile& profile, const std::string& format) {
  http::ServerResponse response;
  std::string ending;
  if (format == "pprof") {
    response.content_type = "application/octet-stream";
    response.body = gzip(format::encode_pprof(profile));
    ending = "pb.gz";
  } else if (format == "folded") {
    response.content_type = "text/plain; charset=utf-8";
    PHLOX_TRY(response.body, format::encode_folded(profile));
    ending = "folded";
  } else if (format == "speedscope") {
    response.content_type = "application/json";
    PHLOX_TRY(response.body, format::encode_speedscope(profile, "phlox"));
    ending = "speedscope.json";
  } else {
    return Error::invalid("format '{}': expected pprof, folded or speedscope", format);
  }
  response.headers.push_back(
      {"Content-Disposition", fmt::format("attachment; filename=\"profile.{}\"", ending)});
  return response;
}

Result<http::ServerResponse> download(Service& service, const http::ServerRequest& request) {
  PHLOX_TRY(const query::Selection selection, selection_of(request, service, ""));
  PHLOX_TRY(const auto operators, operators_of(request));
  PHLOX_TRY(query::MergedProfile merged, query::merge(service.store, std::span(&selection, 1)));
  PHLOX_TRY(const auto profile, to_profile(std::move(merged), operators));
  return file_of(profile, text_parameter(request, "format", "pprof"));
}

}  // namespace

void add_download(http::Router& router, Service& service) {
  router.add("GET", "/api/v1/download", http::Lane::kQuery,
             [&service](const http::ServerRequest& request) {
               const auto response = download(service, request);
               return response ? *response : http::error_response(response.error());
             });
}

}  // namespace phlox::api
