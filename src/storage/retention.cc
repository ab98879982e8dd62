#include "storage/retention.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace phlox::storage {
namespace {

constexpr std::array<std::string_view, kLevelCount> kNames = {"10s", "10m", "1h", "1d", "1w"};
constexpr std::string_view kForever = "forever";
constexpr std::int64_t kLongestSeconds = 100ll * 365 * 86400;

std::int64_t seconds_of(char unit) {
  switch (unit) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 3600;
    case 'd':
      return 86400;
    case 'w':
      return 7 * 86400;
    case 'y':
      return 365 * 86400;
    default:
      return 0;
  }
}

Result<Nanoseconds> parse_age(std::string_view text) {
  if (text == kForever) return Nanoseconds::zero();
  std::int64_t count = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, count);
  const std::int64_t unit = parsed.ptr + 1 == end ? seconds_of(*parsed.ptr) : 0;
  if (parsed.ec != std::errc() || unit == 0 || count <= 0 || count > kLongestSeconds / unit)
    return Error::invalid("age '{}': expected 36h, 7d, 2w, 5y (at most 100y) or forever",
                          text.substr(0, 40));
  return Nanoseconds(std::chrono::seconds(count * unit));
}

// Takes what stands before `separator` off the front.
std::string_view take(std::string_view& text, char separator) {
  const std::string_view part = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(text.size(), part.size() + 1));
  return part;
}

}  // namespace

std::string_view name_of(Level level) { return kNames[index_of(level)]; }

Result<std::array<Nanoseconds, kLevelCount>> parse_retention(std::string_view text) {
  std::array<Nanoseconds, kLevelCount> keep{};
  std::array<bool, kLevelCount> given{};
  while (!text.empty()) {
    std::string_view part = take(text, ',');
    const std::string_view name = take(part, '=');
    const auto level = static_cast<std::size_t>(std::ranges::find(kNames, name) - kNames.begin());
    if (level == kLevelCount || given[level])
      return Error::invalid(
          "retention: '{}' is no level or given twice; levels are 10s, 10m, 1h, 1d, 1w",
          name.substr(0, 40));
    PHLOX_TRY(keep[level], parse_age(part).context("retention"));
    given[level] = true;
  }
  if (!given.back()) {
    keep.back() = keep[index_of(Level::k1d)];
    given.back() = true;
  }
  for (std::size_t l = 0; l < kLevelCount; ++l) {
    if (!given[l]) return Error::invalid("retention: level {} is missing", kNames[l]);
    if (l == 0 || keep[l] == Nanoseconds::zero()) continue;
    if (keep[l - 1] == Nanoseconds::zero() || keep[l - 1] > keep[l])
      return Error::invalid("retention: {} must be kept at least as long as {}", kNames[l],
                            kNames[l - 1]);
  }
  return keep;
}

Result<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, double>, 10> kUnits = {
      {{"", 1},
       {"B", 1},
       {"kB", 1e3},
       {"KB", 1e3},
       {"MB", 1e6},
       {"GB", 1e9},
       {"TB", 1e12},
       {"MiB", 1048576.0},
       {"GiB", 1073741824.0},
       {"TiB", 1099511627776.0}}};
  double number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(parsed.ptr,
                              static_cast<std::size_t>(text.data() + text.size() - parsed.ptr));
  const auto found = std::ranges::find(kUnits, unit, [](const auto& entry) { return entry.first; });
  constexpr double kLargest = 1e18;
  if (parsed.ec != std::errc() || found == kUnits.end() || !(number >= 0) ||
      number * found->second > kLargest)
    return Error::invalid("size '{}': expected 50GB, 500MB, 1.5TiB or a number of bytes",
                          text.substr(0, 40));
  return static_cast<std::uint64_t>(std::llround(number * found->second));
}

}  // namespace phlox::storage
