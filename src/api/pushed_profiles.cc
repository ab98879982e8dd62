#include "api/pushed_profiles.h"

#include <algorithm>

#include "base/gzip.h"
#include "format/pprof.h"
#include "storage/split.h"

namespace phlox::api {
namespace {

// Clients without a clock count from their own start.
constexpr WallTime kEarliest{std::chrono::hours(24 * 365)};

}  // namespace

std::optional<http::ServerResponse> refuse_without_room(Service& service) {
  const Result<> room = service.store.check_room();
  if (room) return std::nullopt;
  service.metrics.add_rejected("disk_full");
  auto refusal = http::error_response(507, "resource_exhausted", room.error().message());
  refusal.headers.push_back({"Retry-After", "60"});
  return refusal;
}

Result<profile::HashedProfile> PushedProfiles::decode(std::string_view pprof) {
  std::string unpacked;
  if (is_gzip(pprof)) {
    PHLOX_TRY(unpacked, gunzip(pprof, kMaxUnpackedBytes - unpacked_bytes_).context("pprof"));
  } else {
    unpacked = pprof;
  }
  unpacked_bytes_ += std::min(unpacked.size(), kMaxUnpackedBytes - unpacked_bytes_);
  return format::decode_hashed_pprof(std::move(unpacked),
                                     {.max_unpacked_bytes = kMaxUnpackedBytes});
}

Result<> PushedProfiles::add(profile::HashedProfile profile, std::string_view name,
                             const profile::Labels& labels, std::string_view id) {
  return add_samples(std::move(profile), std::move(profile.source), name, labels, id);
}

Result<> PushedProfiles::add(profile::Profile profile, std::string_view name,
                             const profile::Labels& labels, std::string_view id) {
  const profile::Symbols& symbols = symbols_.emplace_back(std::move(profile.symbols));
  return add_samples(std::move(profile), std::make_unique<profile::SymbolsSource>(symbols), name,
                     labels, id);
}

Result<> PushedProfiles::add_samples(profile::Samples samples,
                                     std::unique_ptr<profile::StackSource> source,
                                     std::string_view name, const profile::Labels& labels,
                                     std::string_view id) {
  if (sources_.size() >= kMaxProfilesPerRequest)
    return Error::limit("more than {} profiles in a request", kMaxProfilesPerRequest);
  if (samples.start >= WallTime() && samples.start < kEarliest)
    samples.start = service_.clock.wall_now();
  sources_.push_back(std::move(source));
  PHLOX_TRY(auto parts, storage::split(samples, *sources_.back(), name, labels, id));
  std::ranges::move(parts, std::back_inserter(series_));
  return {};
}

Result<> PushedProfiles::write() {
  PHLOX_TRY(const storage::WriteCounts counts, service_.store.write(series_));
  service_.metrics.add_written(counts);
  service_.metrics.add_unknown_service(static_cast<std::size_t>(
      std::ranges::count_if(series_, [](const storage::SeriesProfile& part) {
        return part.labels.get(profile::kServiceName) == profile::kUnknownService;
      })));
  return {};
}

}  // namespace phlox::api
