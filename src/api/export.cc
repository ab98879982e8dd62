// GET /api/v1/export: a selection as a file for other tools.
#include <algorithm>
#include <array>

#include "api/answers.h"
#include "api/merged_forms.h"
#include "base/gzip.h"
#include "format/folded.h"
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

// What operators leave are functions: each frame stands on its function's first line.
Result<profile::Profile> operated_profile(query::MergedProfile merged,
                                          std::span<const query::Operator> operators) {
  PHLOX_TRY(const auto tree, merged.tree(profile::FunctionIdentity::kExact, operators));
  query::Side& side = merged.sides[0];
  side.values.clear();
  std::vector<profile::StackId> stacks(tree.size(), profile::StackId::kEmpty);
  for (std::size_t row = 0; row < tree.size(); ++row) {
    if (row > 0) {
      const auto line = merged.symbols.function(tree.function[row]).first_line;
      const auto frame =
          merged.symbols.intern_frame({.function = tree.function[row], .line = line});
      stacks[row] = merged.symbols.intern_child(stacks[tree.parent[row]], frame);
    }
    if (tree.self[0][row] != 0) side.values.push_back({stacks[row], tree.self[0][row]});
  }
  return to_profile(std::move(merged));
}

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
  PHLOX_TRY(const profile::Profile profile,
            operators.empty() ? Result<profile::Profile>(to_profile(std::move(merged)))
                              : operated_profile(std::move(merged), operators));
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
