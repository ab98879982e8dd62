#include "terminal/times.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <ctime>
#include <limits>
#include <utility>

namespace phlox::terminal {
namespace {

constexpr std::array<std::pair<std::string_view, Nanoseconds>, 6> kUnits = {{
    {"ms", std::chrono::milliseconds(1)},
    {"s", std::chrono::seconds(1)},
    {"m", std::chrono::minutes(1)},
    {"h", std::chrono::hours(1)},
    {"d", std::chrono::days(1)},
    {"w", std::chrono::weeks(1)},
}};

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

Result<Instant> parse_unix_ms(std::string_view text) {
  std::int64_t ms = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), ms);
  constexpr std::int64_t kMaxMs = std::numeric_limits<std::int64_t>::max() / 1'000'000;
  if (parsed.ec != std::errc() || ms > kMaxMs)
    return Error::invalid("time '{}' is beyond the year 2262", text);
  return Instant{.is_relative = false, .before_now = {}, .fixed = from_unix_ms(ms)};
}

Result<Instant> parse_iso(std::string_view text) {
  const std::string terminated(text.ends_with('Z') ? text.substr(0, text.size() - 1) : text);
  for (const char* format : {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"}) {
    std::tm parts{};
    const char* end = ::strptime(terminated.c_str(), format, &parts);
    if (end == nullptr || *end != '\0') continue;
    if (parts.tm_year > 360) return Error::invalid("time '{}' is beyond the year 2260", text);
    const std::chrono::seconds since_1970(::timegm(&parts));
    return Instant{.is_relative = false, .before_now = {}, .fixed = WallTime(since_1970)};
  }
  return Error::invalid(
      "time '{}': expected now, -10m, 2026-01-31T12:00:00Z or milliseconds since 1970", text);
}

}  // namespace

Result<Nanoseconds> parse_duration(std::string_view text) {
  std::int64_t count = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit(parsed.ptr, text.data() + text.size());
  const auto known = std::ranges::find(kUnits, unit, &decltype(kUnits)::value_type::first);
  if (parsed.ec != std::errc() || known == kUnits.end() || count <= 0)
    return Error::invalid("duration '{}': expected a number and a unit, such as 500ms, 10s or 1h",
                          text);
  if (count > Nanoseconds::max() / known->second / 2)
    return Error::invalid("duration '{}' is longer than a century", text);
  return count * known->second;
}

Result<Instant> Instant::parse(std::string_view text) {
  if (text == "now") return Instant{};
  if (all_digits(text)) return parse_unix_ms(text);
  for (const std::string_view prefix : {"now-", "-"}) {
    if (!text.starts_with(prefix)) continue;
    PHLOX_TRY(const auto before_now, parse_duration(text.substr(prefix.size())));
    return Instant{.is_relative = true, .before_now = before_now, .fixed = {}};
  }
  return parse_iso(text);
}

std::string Instant::to_query() const {
  if (!is_relative) return std::to_string(to_unix_ms(fixed));
  if (before_now == Nanoseconds(0)) return "now";
  // The API knows no unit below a second.
  return fmt::format("now-{}s", std::chrono::ceil<std::chrono::seconds>(before_now).count());
}

Result<Selection> Selection::parse(std::string_view text) {
  // The last '@', since values of labels may contain one.
  const auto at = text.rfind('@');
  if (at == std::string_view::npos || text.find('}', at) != std::string_view::npos)
    return Error::invalid(
        "'{}': no range after the selector; expected SELECTOR@FROM or SELECTOR@FROM..UNTIL, such "
        "as {{service_name=\"shop\"}}@-10m..-5m",
        text);
  const std::string_view range = text.substr(at + 1);
  Selection out;
  out.selector = text.substr(0, at);
  if (!out.selector.ends_with('}') || out.selector.find('{') == std::string::npos)
    return Error::invalid("'{}': expected a selector such as {{service_name=\"shop\"}} before '@'",
                          text);
  const auto dots = range.find("..");
  PHLOX_TRY(out.range.from, Instant::parse(range.substr(0, dots)));
  if (dots != std::string_view::npos) {
    PHLOX_TRY(out.range.until, Instant::parse(range.substr(dots + 2)));
  }
  return out;
}

}  // namespace phlox::terminal
