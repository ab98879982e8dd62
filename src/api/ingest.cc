// POST /ingest: what classic clients send: pprof, alone or in a form, and folded stacks.
#include <algorithm>
#include <charconv>

#include "api/ingest_name.h"
#include "api/multipart.h"
#include "api/pushed_profiles.h"
#include "api/routes.h"
#include "format/folded.h"

namespace phlox::api {
namespace {

using http::ServerRequest;
using http::ServerResponse;
using profile::Labels;
using profile::Profile;

struct Parameters {
  IngestName name;
  WallTime from{};
  WallTime until{};
  std::int64_t sample_rate = 100;
  std::string format;
  std::string spy;
};

std::string value_of(const ServerRequest& request, std::string_view name) {
  const std::string* value = request.parameter(name);
  return value == nullptr ? std::string() : *value;
}

Result<Parameters> read_parameters(const ServerRequest& request, WallTime now) {
  Parameters out;
  PHLOX_TRY(out.name, parse_ingest_name(value_of(request, "name")));
  PHLOX_TRY(out.from, parse_ingest_time(value_of(request, "from"), now));
  PHLOX_TRY(out.until, parse_ingest_time(value_of(request, "until"), now));
  out.format = value_of(request, "format");
  out.spy = value_of(request, "spyName");
  // A rate that makes no sense is the default, in silence: clients rely on it.
  const std::string rate = value_of(request, "sampleRate");
  std::int64_t parsed_rate = 0;
  std::from_chars(rate.data(), rate.data() + rate.size(), parsed_rate);
  if (parsed_rate > 0) out.sample_rate = parsed_rate;
  return out;
}

Result<Labels> labels_of(const Parameters& parameters, const std::string& application) {
  Labels labels = parameters.name.tags;
  labels.set(labels.has(profile::kServiceName) ? "app_name" : profile::kServiceName, application);
  if (!parameters.spy.empty()) labels.set("pyroscope_spy", parameters.spy);
  return Labels::from_pairs(labels.pairs());
}

std::string_view profile_name(std::string_view sample_type, const Profile& profile) {
  if (sample_type.starts_with("alloc") || sample_type.starts_with("inuse")) return "memory";
  if (sample_type == "cpu") return "process_cpu";
  if (sample_type == "wall") return "wall";
  if (sample_type == "contentions" || sample_type == "delay") return "mutex";
  if (sample_type == "goroutine" || sample_type == "goroutines") return "goroutines";
  if (sample_type == "exceptions") return "exceptions";
  // "samples" and the like go with what else the profile holds.
  const bool has_wall = std::ranges::any_of(profile.sample_types,
                                            [](const auto& type) { return type.type == "wall"; });
  return has_wall ? "wall" : "process_cpu";
}

// Fills in what the body does not say from the parameters.
void stamp(Profile& profile, const Parameters& parameters) {
  constexpr WallTime kEndOf1970{std::chrono::hours(24 * 365)};
  if (profile.start < kEndOf1970) profile.start = parameters.from;
  if (profile.duration == Nanoseconds::zero() && parameters.until > parameters.from)
    profile.duration = parameters.until - parameters.from;
}

Result<> add_pprof(std::string_view body, const Parameters& parameters, PushedProfiles& out) {
  PHLOX_TRY(Profile profile, out.decode(body));
  stamp(profile, parameters);
  PHLOX_TRY(const Labels labels, labels_of(parameters, parameters.name.application));
  std::map<std::string, std::string> names;
  for (const auto& type : profile.sample_types)
    names.emplace(type.type, profile_name(type.type, profile));
  PHLOX_TRY(out.add(std::move(profile), "process_cpu", labels, ""));
  for (auto& part : out.series()) part.type.name = names.at(part.type.sample.type);
  return {};
}

// Format "lines": no stack has a value, and each counts 1.
std::string with_values(std::string_view lines) {
  std::string out;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    if (!line.empty()) out.append(line).append(" 1");
    out.append("\n");  // an empty line stays one, so that an error names the right line
  }
  return out;
}

Result<> add_folded(std::string_view body, const Parameters& parameters,
                    const MeasuredName& measured, PushedProfiles& out) {
  const std::string text = parameters.format == "lines" ? with_values(body) : std::string();
  if (!text.empty()) body = text;
  PHLOX_TRY(Profile profile, format::decode_folded(body, measured.type.sample));
  profile.period_type = measured.type.period;
  if (measured.is_samples) {
    for (std::int64_t& value : profile.values) {
      const auto wide = profile::Sum::Wide{value} * 1'000'000'000 / parameters.sample_rate;
      if (wide > profile::kMaxPushedValue)
        return Error::invalid("value {} at {} Hz is over 2^53 ns", value, parameters.sample_rate);
      value = static_cast<std::int64_t>(wide);
    }
  }
  stamp(profile, parameters);
  PHLOX_TRY(const Labels labels, labels_of(parameters, measured.application));
  return out.add(std::move(profile), measured.type.name, labels, "");
}

Result<> add_body(const ServerRequest& request, const Parameters& parameters, PushedProfiles& out) {
  const std::string_view content_type = request.header("Content-Type");
  if (content_type.starts_with("multipart/form-data")) {
    PHLOX_TRY(const auto parts, parse_multipart(content_type, request.body));
    const auto profile = parts.find("profile");
    if (profile == parts.end()) return Error::invalid("multipart: there is no part 'profile'");
    return add_pprof(profile->second, parameters, out);
  }
  if (parameters.format == "pprof") return add_pprof(request.body, parameters, out);
  for (const std::string_view other : {"jfr", "speedscope", "trie", "tree"}) {
    if (parameters.format == other || content_type.ends_with(fmt::format("+{}", other)))
      return Error::invalid("format {} is not taken; send pprof or folded stacks", other);
  }
  PHLOX_TRY(const MeasuredName measured, measured_name(parameters.name.application));
  return add_folded(request.body, parameters, measured, out);
}

bool needs_measured_name(const ServerRequest& request, const Parameters& parameters) {
  return parameters.format != "pprof" &&
         !request.header("Content-Type").starts_with("multipart/form-data");
}

ServerResponse refusal(Service& service, int status, const Error& error) {
  service.metrics.add_rejected(reason_of(error));
  const bool is_ours = error.kind() == Error::Kind::kIo;
  return is_ours ? http::error_response(error)
                 : http::error_response(status, "invalid_argument", error.message());
}

// Bad metadata is 400; a body that means nothing 422.
ServerResponse ingest(Service& service, const ServerRequest& request) {
  const auto parameters = read_parameters(request, service.clock.wall_now());
  if (!parameters) return refusal(service, 400, parameters.error());
  if (needs_measured_name(request, *parameters)) {
    if (const auto name = measured_name(parameters->name.application); !name)
      return refusal(service, 400, name.error());
  }
  PushedProfiles profiles(service);
  if (const auto added = add_body(request, *parameters, profiles); !added) {
    const bool too_large = added.error().kind() == Error::Kind::kLimit &&
                           added.error().message().find("unpacks to") != std::string::npos;
    return refusal(service, too_large ? 413 : 422, added.error());
  }
  if (const auto written = profiles.write(); !written)
    return refusal(service, 422, written.error());
  return {};
}

}  // namespace

void add_ingest(http::Router& router, Service& service) {
  for (const auto* path : {"/ingest", "/pyroscope/ingest"}) {
    router.add("POST", path, http::Lane::kIngest,
               [&service](const ServerRequest& request) { return ingest(service, request); });
  }
}

}  // namespace phlox::api
