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
  requests.took += took;
  const double seconds = std::chrono::duration<double>(took).count();
  const auto bound = std::ranges::lower_bound(kRequestSeconds, seconds);
  if (bound == kRequestSeconds.end()) return;
  ++requests.within[static_cast<std::size_t>(bound - kRequestSeconds.begin())];
}

void Metrics::append_requests(std::string& out) const {
  append_head(out, "phlox_http_request_seconds", "histogram", "Answered requests by their time.");
  for (const auto& [key, requests] : requests_) {
    const std::string labels = fmt::format("path=\"{}\",code=\"{}\"", key.first, key.second);
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
  append_head(out, "phlox_requests_rejected_total", "counter", "Refused pushes, by reason.");
  for (const auto& [reason, count] : rejected_)
    fmt::format_to(std::back_inserter(out), "phlox_requests_rejected_total{{reason=\"{}\"}} {}\n",
                   reason, count);
  append_requests(out);
  append_single(out, "phlox_store_bytes", "gauge", "Bytes on disk.", size.bytes_on_disk);
  append_levels(out, size);
  append_single(out, "phlox_store_free_bytes", "gauge", "Bytes free on the disk of the data.",
                size.free_bytes);
  append_single(out, "phlox_store_series", "gauge", "Series ever seen.", size.series);
  append_single(out, "phlox_store_stacks", "gauge", "Nodes of the stack dictionary.", size.stacks);
  return out;
}

}  // namespace phlox::api
