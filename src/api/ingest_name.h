// The parameters of POST /ingest, as classic clients write them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "profile/labels.h"
#include "profile/profile_type.h"

namespace phlox::api {

struct IngestName {
  std::string application;
  profile::Labels tags;
};

// "app.name{key=value,key2=value2}": no quotes and no escapes; a last pair without '}' is lost.
Result<IngestName> parse_ingest_name(std::string_view text);

// What a name's last dotted part measures, for formats that do not say: "web.cpu" is CPU of "web".
struct MeasuredName {
  std::string application;
  profile::ProfileType type;
  bool is_samples = false;  // values count samples of a clock, not the type's unit
};
Result<MeasuredName> measured_name(std::string_view application);

// 13, 16 or 19 digits are ms, us, ns; 8 a date; others seconds. "now-1h" as in queries; what stands
// before the sign does not matter. Blank is now.
Result<WallTime> parse_ingest_time(std::string_view text, WallTime now);

}  // namespace phlox::api
