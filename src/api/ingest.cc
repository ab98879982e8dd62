// POST /ingest: what classic clients send: pprof, alone or in a form, folded stacks, the trees of
// old agents, speedscope.
#include <algorithm>
#include <charconv>

#include "api/ingest_name.h"
#include "api/multipart.h"
#include "api/pprof_name.h"
#include "api/pushed_profiles.h"
#include "api/routes.h"
#include "format/folded.h"
#include "format/node_tree.h"
#include "format/speedscope.h"

namespace phlox::api {
namespace {

using http::ServerRequest;
using http::ServerResponse;
using profile::Labels;
using profile::Profile;

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

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

// Fills in what the body does not say from the parameters.
void stamp(profile::Samples& profile, const Parameters& parameters) {
  constexpr WallTime kEndOf1970{std::chrono::hours(24 * 365)};
  if (profile.start < kEndOf1970) profile.start = parameters.from;
  if (profile.duration == Nanoseconds::zero() && parameters.until > parameters.from)
    profile.duration = parameters.until - parameters.from;
}

Result<> add_pprof(std::string_view body, const Parameters& parameters,
                   const DisplayNames& display_names, PushedProfiles& out) {
  PHLOX_TRY(profile::HashedProfile profile, out.decode(body));
  stamp(profile, parameters);
  PHLOX_TRY(const Labels labels, labels_of(parameters, parameters.name.application));
  const std::string name = name_of_pprof(profile, display_names);
  return out.add(std::move(profile), name, labels, "");
}

Result<> add_form(std::string_view content_type, std::string_view body,
                  const Parameters& parameters, PushedProfiles& out) {
  PHLOX_TRY(const auto parts, parse_multipart(content_type, body));
  if (parts.contains("jfr")) return Error::invalid("format jfr is not taken; send pprof");
  if (parts.contains("prev_profile"))
    return Error::invalid(
        "multipart: a part 'prev_profile'; update the client to one that sends differences");
  const auto profile = parts.find("profile");
  if (profile == parts.end()) return Error::invalid("multipart: there is no part 'profile'");
  DisplayNames display_names;
  if (const auto config = parts.find("sample_type_config"); config != parts.end()) {
    PHLOX_TRY(display_names, parse_sample_type_config(config->second));
  }
  return add_pprof(profile->second, parameters, display_names, out);
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

// Samples of a clock to the nanoseconds they stand for.
Result<> weigh(std::vector<std::int64_t>& values, std::int64_t sample_rate) {
  for (std::int64_t& value : values) {
    const auto wide = profile::Sum::Wide{value} * kNanosecondsPerSecond / sample_rate;
    if (wide > profile::kMaxPushedValue)
      return Error::invalid("value {} at {} Hz is over 2^53 ns", value, sample_rate);
    value = static_cast<std::int64_t>(wide);
  }
  return {};
}

Result<Profile> decode_stacks(std::string_view format, std::string_view body,
                              const profile::ValueType& type) {
  if (format == "tree") return format::decode_tree(body, type);
  if (format == "trie") return format::decode_trie(body, type);
  if (format == "lines") return format::decode_folded(with_values(body), type);
  return format::decode_folded(body, type);
}

// A body that does not say what it measures: the application's name does.
Result<> add_stacks(std::string_view format, std::string_view body, const Parameters& parameters,
                    const MeasuredName& measured, PushedProfiles& out) {
  const auto& type = measured.type.sample;
  Profile profile;
  if (format == "speedscope") {
    const double sample_value = measured.is_samples
                                    ? static_cast<double>(kNanosecondsPerSecond) /
                                          static_cast<double>(parameters.sample_rate)
                                    : 1.0;
    PHLOX_TRY(profile, format::decode_speedscope(body, type, sample_value));
  } else {
    PHLOX_TRY(profile, decode_stacks(format, body, type));
    if (measured.is_samples) PHLOX_TRY(weigh(profile.values, parameters.sample_rate));
  }
  profile.period_type = measured.type.period;
  stamp(profile, parameters);
  PHLOX_TRY(const Labels labels, labels_of(parameters, measured.application));
  return out.add(std::move(profile), measured.type.name, labels, "");
}

// "form", or the parameter's or else the Content-Type's format; everything unknown is folded
// stacks.
std::string_view format_of(const ServerRequest& request, const Parameters& parameters) {
  const std::string_view content_type = request.header("Content-Type");
  if (content_type.starts_with("multipart/form-data")) return "form";
  for (const std::string_view format : {"pprof", "jfr", "speedscope", "trie", "tree", "lines"}) {
    if (parameters.format == format) return format;
  }
  if (content_type.ends_with("+trie")) return "trie";
  if (content_type.ends_with("+tree")) return "tree";
  return "folded";
}

bool says_what_it_measures(std::string_view format) {
  return format == "form" || format == "pprof" || format == "jfr";
}

Result<> add_body(std::string_view format, const ServerRequest& request,
                  const Parameters& parameters, PushedProfiles& out) {
  if (format == "form")
    return add_form(request.header("Content-Type"), request.body, parameters, out);
  if (format == "pprof") return add_pprof(request.body, parameters, {}, out);
  if (format == "jfr") return Error::invalid("format jfr is not taken; send pprof");
  PHLOX_TRY(const MeasuredName measured, measured_name(parameters.name.application));
  return add_stacks(format, request.body, parameters, measured, out);
}

ServerResponse refusal(Service& service, int status, const Error& error) {
  service.metrics.add_rejected(reason_of(error));
  const bool is_ours = error.kind() == Error::Kind::kIo;
  return is_ours ? http::error_response(error)
                 : http::error_response(status, "invalid_argument", error.message());
}

// Bad metadata is 400; a body that means nothing 422.
ServerResponse ingest(Service& service, const ServerRequest& request) {
  if (auto refused = refuse_without_room(service)) return *std::move(refused);
  const auto parameters = read_parameters(request, service.clock.wall_now());
  if (!parameters) return refusal(service, 400, parameters.error());
  const std::string_view format = format_of(request, *parameters);
  if (!says_what_it_measures(format)) {
    if (const auto name = measured_name(parameters->name.application); !name)
      return refusal(service, 400, name.error());
  }
  PushedProfiles profiles(service);
  if (const auto added = add_body(format, request, *parameters, profiles); !added) {
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
