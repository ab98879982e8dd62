// Durations, instants and selections of time as people write them on a command line.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace phlox::terminal {

// "500ms", "10s", "1m", "2h", "3d", "1w"; more than 0.
Result<Nanoseconds> parse_duration(std::string_view text);

// An instant, fixed or some time before a now that is not known yet.
struct Instant {
  bool is_relative = true;
  Nanoseconds before_now{};  // if relative
  WallTime fixed{};          // if not

  // "now", "-10m" or "now-10m", ISO 8601 in UTC ("2026-01-31", "2026-01-31T12:00:00Z"), or
  // milliseconds since 1970.
  static Result<Instant> parse(std::string_view text);

  WallTime at(WallTime now) const { return is_relative ? now - before_now : fixed; }
  // As the server's API takes it: relative ones stay so, the server's clock is what counts.
  std::string to_query() const;
};

struct TimeRange {
  Instant from;
  Instant until;
};

// What one side of a comparison is.
struct Selection {
  std::string selector;
  TimeRange range;

  // SELECTOR@FROM or SELECTOR@FROM..UNTIL: '{service_name="shop",version="1"}@-10m..-5m'.
  static Result<Selection> parse(std::string_view text);
};

}  // namespace phlox::terminal
