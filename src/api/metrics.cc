#include "api/metrics.h"

#include <algorithm>

namespace phlox::api {
namespace {

void append_head(std::string& out, std::string_view name, std::string_view type,
                 std::string_view help) {
  fmt::format_to(std::back_inserter(out), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void append_single(std::string& out, std::string_view name, std::string_view type,
                   std::string_view help, std::uint64_t value) {
  append_head(out, name, type, help);
  fmt::format_to(std::back_inserter(out), "{} {}\n", name, value);
}

void append_levels(std::string& out, const storage::StoreSize& size) {
  append_head(out, "phlox_store_level_bytes", "gauge", "Bytes of each level on disk, about.");
  for (std::size_t l = 0; l < storage::kLevelCount; ++l)
    fmt::format_to(std::back_inserter(out), "phlox_store_level_bytes{{level=\"{}\"}} {}\n",
                   storage::name_of(storage::level_at(l)), size.level_bytes[l]);
  append_head(out, "phlox_store_horizon_seconds", "gauge",
              "Since when each level is kept, in seconds since 1970.");
  for (std::size_t l = 0; l < storage::kLevelCount; ++l)
    fmt::format_to(std::back_inserter(out), "phlox_store_horizon_seconds{{level=\"{}\"}} {}\n",
                   storage::name_of(storage::level_at(l)), size.horizons[l]);
}

void append_load(std::string& out, const http::ServerLoad& of_http,
                 const http::ServerLoad& of_grpc) {
  append_head(out, "phlox_lane_requests", "gauge",
              "Requests that are being answered or wait for it, by what answers them.");
  for (const auto& [protocol, load] : {std::pair("http", &of_http), std::pair("grpc", &of_grpc)}) {
    for (const auto& [name, lane] :
         {std::pair("ingest", http::Lane::kIngest), std::pair("query", http::Lane::kQuery),
          std::pair("operation", http::Lane::kOperation)})
      fmt::format_to(std::back_inserter(out),
                     "phlox_lane_requests{{protocol=\"{}\",lane=\"{}\"}} {}\n", protocol, name,
                     load->of(lane).requests.load());
  }
  append_single(out, "phlox_http_body_bytes", "gauge", "Bytes of the bodies of these requests.",
                of_http.body_bytes);
  append_single(out, "phlox_http_cancelled_total", "counter",
                "Queries whose client went away before the answer.", of_http.cancelled);
}

}  // namespace

std::string_view reason_of(const Error& error) {
  switch (error.kind()) {
    case Error::Kind::kInvalid:
      return "invalid";
    case Error::Kind::kCorrupt:
      return "corrupt";
    case Error::Kind::kLimit:
      return "limit";
    case Error::Kind::kNotFound:
    case Error::Kind::kPermission:
    case Error::Kind::kGone:
    case Error::Kind::kIo:
      break;
  }
  return "storage";
}

void Metrics::add_written(const storage::WriteCounts& counts) {
  const std::lock_guard lock(mutex_);
  written_.stored += counts.stored;
  written_.duplicates += counts.duplicates;
  profiles_.add(clock_.steady_now(), counts.stored);
}

void Metrics::add_unknown_service(std::size_t profiles) {
  const std::lock_guard lock(mutex_);
  unknown_service_ += profiles;
}

void Metrics::add_rejected(std::string_view reason) {
  const std::lock_guard lock(mutex_);
  ++rejected_[std::string(reason)];
}

void Metrics::add_request(std::string_view path, int status, Nanoseconds took) {
  const std::lock_guard lock(mutex_);
  Requests& requests = requests_[{std::string(path), status}];
  ++requests.count;
  all_requests_.add(clock_.steady_now(), 1);
  requests.took += took;
  const double seconds = std::chrono::duration<double>(took).count();
  const auto bound = static_cast<std::size_t>(std::ranges::lower_bound(kRequestSeconds, seconds) -
                                              kRequestSeconds.begin());
  if (bound < requests.within.size()) ++requests.within[bound];
}

void Metrics::append_requests(std::string& out) const {
  append_head(out, "phlox_http_request_seconds", "histogram", "Answered requests by their time.");
  for (const auto& [key, requests] : requests_) {
    const std::string labels = fmt::format(R"(path="{}",code="{}")", key.first, key.second);
    std::uint64_t so_far = 0;
    for (std::size_t b = 0; b < kRequestSeconds.size(); ++b) {
      so_far += requests.within[b];
      fmt::format_to(std::back_inserter(out),
                     "phlox_http_request_seconds_bucket{{{},le=\"{}\"}} {}\n", labels,
                     kRequestSeconds[b], so_far);
    }
    fmt::format_to(std::back_inserter(out),
                   "phlox_http_request_seconds_bucket{{{0},le=\"+Inf\"}} {1}\n"
                   "phlox_http_request_seconds_sum{{{0}}} {2}\n"
                   "phlox_http_request_seconds_count{{{0}}} {1}\n",
                   labels, requests.count, std::chrono::duration<double>(requests.took).count());
  }
}

std::map<std::string, std::uint64_t, std::less<>> Metrics::all_rejected() const {
  auto rejected = rejected_;
  const auto add = [&](const char* reason, std::uint64_t count) {
    if (count > 0) rejected[reason] += count;
  };
  for (const http::ServerLoad* load : {&http_load, &grpc_load}) {
    add("busy", load->of(http::Lane::kIngest).refused);
    add("busy_queries", load->of(http::Lane::kQuery).refused);
    add("bodies", load->refused_bodies);
  }
  return rejected;
}

Metrics::Counts Metrics::counts() const {
  const std::lock_guard lock(mutex_);
  const SteadyTime now = clock_.steady_now();
  Counts counts{.written = written_,
                .requests = 0,
                .rejected = all_rejected(),
                .profiles_per_second = profiles_.per_second(now),
                .requests_per_second = all_requests_.per_second(now)};
  for (const auto& [key, requests] : requests_) counts.requests += requests.count;
  return counts;
}

std::string Metrics::text(const storage::StoreSize& size) const {
  const std::lock_guard lock(mutex_);
  std::string out;
  append_single(out, "phlox_profiles_ingested_total", "counter",
                "Profiles written, counted once a series.", written_.stored);
  append_single(out, "phlox_profiles_duplicate_total", "counter",
                "Profiles that were there already and were not counted again.",
                written_.duplicates);
  append_single(out, "phlox_profiles_unknown_service_total", "counter",
                "Profiles that came without a service_name.", unknown_service_);
  append_head(out, "phlox_requests_rejected_total", "counter", "Refused requests, by reason.");
  for (const auto& [reason, count] : all_rejected())
    fmt::format_to(std::back_inserter(out), "phlox_requests_rejected_total{{reason=\"{}\"}} {}\n",
                   reason, count);
  append_requests(out);
  append_load(out, http_load, grpc_load);
  append_single(out, "phlox_store_bytes", "gauge", "Bytes on disk.", size.bytes_on_disk);
  append_levels(out, size);
  append_single(out, "phlox_store_free_bytes", "gauge", "Bytes free on the disk of the data.",
                size.free_bytes);
  append_single(out, "phlox_store_series", "gauge", "Series that are kept.", size.series);
  append_single(out, "phlox_store_stacks", "gauge", "Nodes of the stack dictionary.", size.stacks);
  append_single(out, "phlox_store_query_table_bytes", "gauge",
                "Memory kept from one query to the next.", size.query_table_bytes);
  return out;
}

}  // namespace phlox::api
