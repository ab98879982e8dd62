// POST /push.v1.PusherService/Push: what today's clients and our agent send.
#include "api/connect.h"
#include "api/pushed_profiles.h"
#include "api/routes.h"
#include "push/v1/push.pb.h"

namespace phlox::api {
namespace {

Result<> add_series_of(const push::v1::RawProfileSeries& series, PushedProfiles& profiles) {
  std::vector<profile::Labels::Pair> pairs;
  for (const auto& label : series.labels()) pairs.emplace_back(label.name(), label.value());
  PHLOX_TRY(profile::Labels labels, profile::Labels::from_pairs(std::move(pairs)));
  const std::string name(labels.get(profile::kProfileName));
  if (name.empty()) return Error::invalid("label '__name__', the profile's name, is missing");
  labels.remove(profile::kProfileName);
  for (const auto& sample : series.samples()) {
    PHLOX_TRY(auto profile, profiles.decode(sample.raw_profile()));
    PHLOX_TRY(profiles.add(std::move(profile), name, labels, sample.id()));
  }
  return {};
}

Result<> push(Service& service, const push::v1::PushRequest& request) {
  PushedProfiles profiles(service);
  for (int i = 0; i < request.series_size(); ++i) {
    PHLOX_TRY(add_series_of(request.series(i), profiles).context(fmt::format("series {}", i)));
  }
  return profiles.write();
}

}  // namespace

void add_push(http::Router& router, Service& service) {
  router.add("POST", "/push.v1.PusherService/Push", http::Lane::kIngest,
             [&service](const http::ServerRequest& request) {
               if (auto refusal = refuse_without_room(service)) return *std::move(refusal);
               return connect_call<push::v1::PushRequest, push::v1::PushResponse>(
                   request, [&](const push::v1::PushRequest& message, push::v1::PushResponse&) {
                     Result<> pushed = push(service, message);
                     if (!pushed) service.metrics.add_rejected(reason_of(pushed.error()));
                     return pushed;
                   });
             });
}

}  // namespace phlox::api
