#include "query/time_text.h"

#include <charconv>
#include <optional>

#include "storage/levels.h"

namespace phlox::query {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::int64_t kMaxMilliseconds = storage::kEndOfTime * 1000;
constexpr int kMaxYear = 2106;

std::optional<std::int64_t> digits(std::string_view text) {
  std::int64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (text.empty() || text[0] == '-' || parsed.ec != std::errc() || parsed.ptr != end)
    return std::nullopt;
  return value;
}

std::optional<seconds> unit_of(char letter) {
  switch (letter) {
    case 's':
      return seconds(1);
    case 'm':
      return minutes(1);
    case 'h':
      return hours(1);
    case 'd':
      return hours(24);
    case 'w':
      return hours(24 * 7);
    default:
      return std::nullopt;
  }
}

// The "-15m" of "now-15m".
std::optional<seconds> parse_offset(std::string_view text) {
  if (text.empty()) return seconds(0);
  if (text.size() < 3 || (text[0] != '-' && text[0] != '+')) return std::nullopt;
  const auto count = digits(text.substr(1, text.size() - 2));
  const auto unit = unit_of(text.back());
  if (!count || !unit || *count > storage::kEndOfTime / unit->count()) return std::nullopt;
  return text[0] == '-' ? -*unit * *count : *unit * *count;
}

// Takes `width` digits and then, if it is not 0, the character `after`.
std::optional<int> take_number(std::string_view& text, std::size_t width, char after = '\0') {
  if (text.size() < width + (after != '\0' ? 1 : 0)) return std::nullopt;
  const auto value = digits(text.substr(0, width));
  if (!value || (after != '\0' && text[width] != after)) return std::nullopt;
  text.remove_prefix(width + (after != '\0' ? 1 : 0));
  return static_cast<int>(*value);
}

std::optional<Nanoseconds> take_fraction(std::string_view& text) {
  if (text.empty() || text[0] != '.') return Nanoseconds(0);
  text.remove_prefix(1);
  std::int64_t unit = 100'000'000;
  std::int64_t sum = 0;
  std::size_t used = 0;
  for (; used < text.size() && text[used] >= '0' && text[used] <= '9'; ++used, unit /= 10)
    sum += (text[used] - '0') * unit;
  text.remove_prefix(used);
  return used == 0 ? std::nullopt : std::optional(Nanoseconds(sum));
}

std::optional<minutes> take_zone(std::string_view text) {
  if (text.empty() || text == "Z" || text == "z") return minutes(0);
  const bool west = text[0] == '-';
  if (!west && text[0] != '+') return std::nullopt;
  text.remove_prefix(1);
  const auto hour = take_number(text, 2);
  if (hour && text.starts_with(':')) text.remove_prefix(1);
  const auto minute = take_number(text, 2);
  if (!hour || !minute || !text.empty() || *hour > 23 || *minute > 59) return std::nullopt;
  const minutes zone = hours(*hour) + minutes(*minute);
  return west ? -zone : zone;
}

std::optional<WallTime> parse_iso(std::string_view text) {
  const auto year = take_number(text, 4, '-');
  const auto month = take_number(text, 2, '-');
  const auto day = take_number(text, 2);
  if (!year || !month || !day) return std::nullopt;
  if (*year < 1970 || *year > kMaxYear) return std::nullopt;  // nanoseconds would not fit
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  const WallTime midnight{std::chrono::sys_days(date).time_since_epoch()};
  if (text.empty()) return midnight;
  if (text[0] != 'T' && text[0] != 't' && text[0] != ' ') return std::nullopt;
  text.remove_prefix(1);
  const auto hour = take_number(text, 2, ':');
  const auto minute = take_number(text, 2);
  std::optional<int> second = 0;
  if (text.starts_with(':')) {
    text.remove_prefix(1);
    second = take_number(text, 2);
  }
  const auto fraction = take_fraction(text);
  const auto zone = take_zone(text);
  if (!hour || !minute || !second || !fraction || !zone || *hour > 24 || *minute > 59 ||
      *second > 60)
    return std::nullopt;
  return midnight + hours(*hour) + minutes(*minute) + seconds(*second) + *fraction - *zone;
}

}  // namespace

Result<WallTime> parse_time(std::string_view text, WallTime now) {
  std::optional<WallTime> time;
  if (text.starts_with("now")) {
    if (const auto offset = parse_offset(text.substr(3))) time = now + *offset;
  } else if (const auto ms = digits(text); ms && *ms <= kMaxMilliseconds) {
    time = from_unix_ms(*ms);
  } else {
    time = parse_iso(text);
  }
  if (!time || *time < WallTime() || to_unix_ms(*time) > kMaxMilliseconds)
    return Error::invalid(
        "time '{}': expected milliseconds since 1970, now, now-15m (s m h d w) or "
        "2026-01-31T12:00:00Z",
        text.substr(0, 64));
  return *time;
}

}  // namespace phlox::query
