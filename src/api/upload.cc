// POST /api/v1/upload: a profile out of a file of any format, as `phlox push` takes it.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "api/answers.h"
#include "api/ingest_name.h"
#include "api/pushed_profiles.h"
#include "format/profile_file.h"
#include "query/time_text.h"

namespace phlox::api {
namespace {

using http::ServerRequest;

constexpr std::int64_t kDefaultRateHz = 100;
constexpr std::int64_t kMaxRateHz = 1'000'000;

Result<std::optional<WallTime>> time_parameter(const ServerRequest& request, std::string_view name,
                                               WallTime now) {
  const std::string text = text_parameter(request, name, "");
  if (text.empty()) return std::optional<WallTime>();
  PHLOX_TRY(const WallTime time, query::parse_time(text, now));
  return std::optional(time);
}

Result<format::FileReading> reading_of(const ServerRequest& request, WallTime now) {
  format::FileReading reading;
  PHLOX_TRY(reading.type,
            profile::ProfileType::parse(text_parameter(request, "type", profile::kProcessCpu)));
  const std::string unit = text_parameter(request, "unit", "samples");
  if (unit != "samples" && unit != "nanoseconds")
    return Error::invalid("unit '{}': expected samples or nanoseconds", unit);
  reading.is_samples = unit == "samples";
  PHLOX_TRY(const std::int64_t rate,
            number_parameter(request, "rate", kDefaultRateHz, 1, kMaxRateHz));
  reading.rate_hz = static_cast<double>(rate);
  reading.now = now;
  PHLOX_TRY(reading.from, time_parameter(request, "from", now));
  PHLOX_TRY(reading.until, time_parameter(request, "until", now));
  return reading;
}

Json types_of(const profile::Profile& profile, const std::string& name) {
  Json types = Json::array();
  for (const profile::ValueType& type : profile.sample_types)
    types.push_back(profile::ProfileType{name, type, profile.period_type}.to_string());
  return types;
}

Result<Json> upload(Service& service, const ServerRequest& request) {
  PHLOX_TRY(const IngestName name, parse_ingest_name(text_parameter(request, "name", "")));
  profile::Labels labels = name.tags;
  labels.set(profile::kServiceName, name.application);
  PHLOX_TRY(labels, profile::Labels::from_pairs(labels.pairs()));
  PHLOX_TRY(const auto reading, reading_of(request, service.clock.wall_now()));
  PHLOX_TRY(format::ProfileFile file, format::read_profile_file(request.body, reading));
  Json answer{{"format", format::name_of(file.format)},
              {"service", name.application},
              {"types", types_of(file.profile, file.name)},
              {"samples", file.profile.sample_count()},
              {"from_ms", to_unix_ns(file.profile.start) / 1'000'000},
              {"until_ms", to_unix_ns(file.profile.start + file.profile.duration) / 1'000'000}};
  PushedProfiles profiles(service);
  // A file that says when it was recorded counts once, however often it is sent.
  const std::string id =
      fmt::format("file-{:016x}", XXH3_64bits(request.body.data(), request.body.size()));
  PHLOX_TRY(profiles.add(std::move(file.profile), file.name, labels, id));
  PHLOX_TRY(profiles.write());
  return answer;
}

}  // namespace

void add_upload(http::Router& router, Service& service) {
  router.add("POST", "/api/v1/upload", http::Lane::kIngest,
             [&service](const ServerRequest& request) {
               if (auto refusal = refuse_without_room(service)) return *std::move(refusal);
               const auto answer = upload(service, request);
               if (!answer) service.metrics.add_rejected(reason_of(answer.error()));
               return answer_json(answer);
             });
}

}  // namespace phlox::api
