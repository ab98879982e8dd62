// What text formats of one sample a line share: lines that are numbered in errors, and values.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace phlox::format {

inline constexpr std::size_t kMaxLineBytes = 1024 * 1024;

// The first line of `rest`, which it is taken from, without its end of line: "\n" or "\r\n".
std::string_view take_line(std::string_view& rest);
bool is_blank(std::string_view line);

// kLimit above kMaxLineBytes, kInvalid for what is not UTF-8.
Result<> check_line(std::string_view line);

// A whole number from 0 to profile::kMaxPushedValue; kInvalid for anything else.
Result<std::int64_t> parse_value(std::string_view text);

// Calls each(line) -> Result<> for every line that is not blank; an error, also one of check_line,
// begins with "WHAT, line N: ".
template <class Each>
Result<> for_each_line(std::string_view text, std::string_view what, Each each) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = take_line(text);
    if (is_blank(line)) continue;
    Result<> done = check_line(line);
    if (done) done = each(line);
    if (!done) return std::move(done).context(fmt::format("{}, line {}", what, number));
  }
  return {};
}

}  // namespace phlox::format
