// Profiles of one request on their way into the store: decoded, stamped, split into series, then
// written together or not at all.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "api/routes.h"
#include "http/message.h"
#include "profile/profile.h"

namespace phlox::api {

// All profiles of a request, unpacked: a request of many small gzip bombs is one bomb.
inline constexpr std::size_t kMaxUnpackedBytes = 64u << 20;
inline constexpr std::size_t kMaxProfilesPerRequest = 1000;

// 507, counted as refused, while the store has no room; nothing otherwise.
std::optional<http::ServerResponse> refuse_without_room(Service& service);

class PushedProfiles {
 public:
  explicit PushedProfiles(Service& service) : service_(service) {}

  // A pprof, gzipped or not.
  Result<profile::HashedProfile> decode(std::string_view pprof);
  // `name` is the first part of the profile type. One that does not say when it began, or says
  // 1970, began now.
  Result<> add(profile::HashedProfile profile, std::string_view name, const profile::Labels& labels,
               std::string_view id);
  Result<> add(profile::Profile profile, std::string_view name, const profile::Labels& labels,
               std::string_view id);
  Result<> write();

 private:
  Service& service_;
  std::size_t unpacked_bytes_ = 0;
  Result<> add_samples(profile::Samples samples, std::unique_ptr<profile::StackSource> source,
                       std::string_view name, const profile::Labels& labels, std::string_view id);

  std::deque<profile::Symbols> symbols_;                        // of the sources that look at some
  std::vector<std::unique_ptr<profile::StackSource>> sources_;  // series_ looks at them
  std::vector<storage::SeriesProfile> series_;
};

}  // namespace phlox::api
