// GET /api/v1/export: a selection as a file for other tools.
#include <algorithm>
#include <array>

#include "api/answers.h"
#include "api/merged_forms.h"
#include "base/gzip.h"
#include "format/folded.h"
#include "format/pprof.h"
#include "format/speedscope.h"

namespace phlox::api {
namespace {

struct ExportFormat {
  std::string_view name;
  std::string_view ending;
  std::string_view content_type;
};

constexpr std::array<ExportFormat, 3> kFormats = {
    {{"pprof", ".pb.gz", "application/octet-stream"},
     {"folded", ".folded", "text/plain; charset=utf-8"},
     {"speedscope", ".speedscope.json", "application/json"}}};

Result<std::string> encode(const profile::Profile& profile, const ExportFormat& format) {
  if (format.name == "folded") return format::encode_folded(profile);
  if (format.name == "speedscope") return format::encode_speedscope(profile, "phlox");
  return gzip(format::encode_pprof(profile));
}

Result<http::ServerResponse> export_answer(Service& service, const http::ServerRequest& request) {
  const std::string name = text_parameter(request, "format", "pprof");
  const auto* format = std::ranges::find(kFormats, name, &ExportFormat::name);
  if (format == kFormats.end())
    return Error::invalid("format='{}': expected pprof, folded or speedscope", name.substr(0, 40));
  PHLOX_TRY(const query::Selection selection, selection_of(request, service, ""));
  PHLOX_TRY(const auto operators, operators_of(request));
  PHLOX_TRY(query::MergedProfile merged, query::merge(service.store, std::span(&selection, 1)));
  PHLOX_TRY(const profile::Profile profile, to_profile(std::move(merged), operators));
  PHLOX_TRY(std::string body, encode(profile, *format));
  http::ServerResponse response{
      .content_type = std::string(format->content_type), .body = std::move(body), .headers = {}};
  response.headers.push_back(
      {"Content-Disposition", fmt::format("attachment; filename=\"phlox{}\"", format->ending)});
  return response;
}

}  // namespace

void add_export(http::Router& router, Service& service) {
  router.add("GET", "/api/v1/export", http::Lane::kQuery,
             [&service](const http::ServerRequest& request) {
               auto answer = export_answer(service, request);
               return answer ? std::move(*answer) : http::error_response(answer.error());
             });
}

}  // namespace phlox::api
