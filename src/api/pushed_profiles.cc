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

Result<profile::Profile> PushedProfiles::decode(std::string_view pprof) {
  std::string unpacked;
  if (is_gzip(pprof)) {
    PHLOX_TRY(unpacked, gunzip(pprof, kMaxUnpackedBytes - unpacked_bytes_).context("pprof"));
    pprof = unpacked;
  }
  unpacked_bytes_ += std::min(pprof.size(), kMaxUnpackedBytes - unpacked_bytes_);
  // The store interns what it does not know.
  return format::decode_pprof(pprof, {.max_unpacked_bytes = kMaxUnpackedBytes},
                              format::PprofSymbols::kAppended);
}

Result<> PushedProfiles::add(profile::Profile profile, std::string_view name,
                             const profile::Labels& labels, std::string_view id) {
  if (profiles_.size() >= kMaxProfilesPerRequest)
    return Error::limit("more than {} profiles in a request", kMaxProfilesPerRequest);
  if (profile.start >= WallTime() && profile.start < kEarliest)
    profile.start = service_.clock.wall_now();
  const profile::Profile& kept = profiles_.emplace_back(std::move(profile));
  PHLOX_TRY(auto parts, storage::split(kept, name, labels, id));
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
