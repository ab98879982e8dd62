#include "format/text_lines.h"

#include <charconv>

#include "base/utf8.h"
#include "profile/sum.h"

namespace phlox::format {

std::string_view take_line(std::string_view& rest) {
  const auto newline = rest.find('\n');
  std::string_view line = rest.substr(0, newline);
  rest.remove_prefix(newline == std::string_view::npos ? rest.size() : newline + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t") == std::string_view::npos;
}

Result<> check_line(std::string_view line) {
  if (line.size() > kMaxLineBytes)
    return Error::limit("{} bytes long, at most {}", line.size(), kMaxLineBytes);
  if (!is_utf8(line)) return Error::invalid("not UTF-8");
  return {};
}

Result<std::int64_t> parse_value(std::string_view text) {
  std::int64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec == std::errc::result_out_of_range)
    return Error::invalid("value '{}' is over 2^53", text.substr(0, 32));
  if (parsed.ec != std::errc() || parsed.ptr != end || text.empty())
    return Error::invalid("'{}' is not a whole number", text.substr(0, 32));
  if (value < 0) return Error::invalid("value {} is negative", value);
  if (value > profile::kMaxPushedValue) return Error::invalid("value {} is over 2^53", value);
  return value;
}

}  // namespace phlox::format
