// Text to time: milliseconds since 1970, "now", "now-15m" (s m h d w), or ISO 8601 with or without
// a zone ("2026-01-31", "2026-01-31T12:00:00.5+01:00"); without one it is UTC.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace phlox::query {

Result<WallTime> parse_time(std::string_view text, WallTime now);

}  // namespace phlox::query
