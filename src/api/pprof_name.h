// What a pprof sent to /ingest is called: the first part of its profile types.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "profile/profile.h"

namespace phlox::api {

// Sample type to the name that the client displays for it: "contentions" to "mutex_count".
using DisplayNames = std::map<std::string, std::string, std::less<>>;

// The form's part sample_type_config: {"delay": {"display-name": "block_duration", ...}, ...}.
// Units and aggregation in it say what the sample type says already. kInvalid for a sample type
// that is "cumulative": it counts from the start of its program, and clients since 2023 send
// differences.
Result<DisplayNames> parse_sample_type_config(std::string_view json);

// One name for all sample types, by Pyroscope's rules (pkg/ingester/pyroscope, metricName): "wall"
// wherever there is wall time, else by the first sample type that is known.
std::string name_of_pprof(const profile::Samples& profile, const DisplayNames& display_names);

}  // namespace phlox::api
