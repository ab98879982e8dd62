#include "api/ingest_name.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "query/time_text.h"
#include "storage/levels.h"

namespace phlox::api {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool consists_of(std::string_view text, std::string_view others) {
  return std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
  });
}

struct Measure {
  std::string_view suffix;
  std::string_view type;
  bool is_samples;
};

constexpr std::array<Measure, 15> kMeasures = {{
    {"cpu", profile::kProcessCpu, true},
    {"itimer", profile::kProcessCpu, true},
    {"wall", "wall:wall:nanoseconds:cpu:nanoseconds", true},
    {"alloc_objects", "memory:alloc_objects:count:space:bytes", false},
    {"alloc_space", "memory:alloc_space:bytes:space:bytes", false},
    {"inuse_objects", "memory:inuse_objects:count:space:bytes", false},
    {"inuse_space", "memory:inuse_space:bytes:space:bytes", false},
    {"mutex_count", "mutex:contentions:count:mutex:count", false},
    {"mutex_duration", "mutex:delay:nanoseconds:mutex:count", false},
    {"block_count", "block:contentions:count:block:count", false},
    {"block_duration", "block:delay:nanoseconds:block:count", false},
    {"lock_count", "block:lock_count:count:block:count", false},
    {"lock_duration", "block:lock_duration:nanoseconds:block:count", false},
    {"goroutines", "goroutines:goroutine:count:goroutine:count", false},
    {"exceptions", "exceptions:exceptions:count:exceptions:count", false},
}};

}  // namespace

Result<IngestName> parse_ingest_name(std::string_view text) {
  const auto brace = text.find('{');
  const std::string_view application = trimmed(text.substr(0, brace));
  if (application.empty())
    return Error::invalid("parameter 'name' is missing: app.name{{key=value}}");
  if (!consists_of(application, "_.-/"))
    return Error::invalid("name '{}': only letters, digits and _ . - / are taken", application);
  std::vector<profile::Labels::Pair> pairs;
  std::string_view rest =
      brace == std::string_view::npos ? std::string_view() : text.substr(brace + 1);
  while (!rest.empty()) {
    const auto end = rest.find_first_of(",}");
    if (end == std::string_view::npos) break;
    const std::string_view pair = rest.substr(0, end);
    if (const auto equals = pair.find('='); equals != std::string_view::npos) {
      const std::string_view key = trimmed(pair.substr(0, equals));
      if (!consists_of(key, "_.") || key == profile::kProfileName)
        return Error::invalid("tag '{}': only letters, digits and _ . are taken", key);
      pairs.emplace_back(key, trimmed(pair.substr(equals + 1)));
    }
    if (rest[end] == '}') break;
    rest.remove_prefix(end + 1);
  }
  PHLOX_TRY(profile::Labels tags, profile::Labels::from_pairs(std::move(pairs)));
  return IngestName{std::string(application), std::move(tags)};
}

Result<MeasuredName> measured_name(std::string_view application) {
  const auto dot = application.rfind('.');
  const std::string_view suffix =
      dot == std::string_view::npos ? "cpu" : application.substr(dot + 1);
  const auto found = std::ranges::find(kMeasures, suffix, &Measure::suffix);
  if (found == kMeasures.end()) return Error::invalid("unknown profile type: {}", suffix);
  PHLOX_TRY(profile::ProfileType type, profile::ProfileType::parse(found->type));
  return MeasuredName{std::string(application.substr(0, dot)), std::move(type), found->is_samples};
}

Result<WallTime> parse_ingest_time(std::string_view text, WallTime now) {
  std::string digits;
  for (const char c : text) {
    if (c != '_' && c != ',' && c != ' ') digits += c;
  }
  if (digits.empty()) return now;
  std::int64_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end || number < 0) {
    const auto sign = digits.find_first_of("+-");
    return query::parse_time(
        "now" + (sign == std::string::npos ? std::string() : digits.substr(sign)), now);
  }
  switch (digits.size()) {
    case 8:
      return query::parse_time(
          fmt::format("{}-{}-{}", digits.substr(0, 4), digits.substr(4, 2), digits.substr(6, 2)),
          now);
    case 13:
      return from_unix_ms(number);
    case 16:
      return from_unix_ms(number / 1000) + std::chrono::microseconds(number % 1000);
    case 19:
      return from_unix_ns(number);
    default:
      if (number > storage::kEndOfTime) return Error::invalid("time '{}' is out of range", text);
      return from_unix_ms(number * 1000);
  }
}

}  // namespace phlox::api
