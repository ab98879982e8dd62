// OTLP profiles to profiles of ours: dictionary, stacks, attributes.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "otlp/v1/profiles.pb.h"
#include "profile/profile.h"

namespace phlox::api {

// One profile of a request, ready for PushedProfiles::add.
struct OtlpProfile {
  profile::Profile profile;
  std::string name;        // first part of the profile type
  profile::Labels labels;  // attributes of the resource; service.name is service_name
  std::string id;          // hexadecimal; empty if there is none
};

// Only the layout of opentelemetry-proto 1.45 is read: one that has other fields, no dictionary or
// no table of stacks is refused as a whole with the version needed, since older ones use the same
// numbers for other things. kInvalid names the place of every fault.
//
// Samples of a CPU clock ("samples" of a period in CPU nanoseconds, what the eBPF profiler sends)
// become CPU nanoseconds. Attributes of samples become labels, but for ids of processes and
// threads, which would make each a series of its own; links to spans and attributes that are no
// plain values are left out.
Result<std::vector<OtlpProfile>> read_otlp(const otlp::v1::ExportProfilesServiceRequest& request);

}  // namespace phlox::api
