#include "format/folded.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "base/check.h"
#include "base/utf8.h"
#include "format/frame_text.h"
#include "profile/sum.h"

namespace phlox::format {
namespace {

using profile::FrameId;
using profile::Profile;
using profile::StackId;

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

Result<> decode_line(std::string_view line, Profile& profile) {
  if (line.size() > kMaxFoldedLineBytes)
    return Error::limit("{} bytes long, at most {}", line.size(), kMaxFoldedLineBytes);
  if (!is_utf8(line)) return Error::invalid("not UTF-8");
  const auto space = line.rfind(' ');
  if (space == std::string_view::npos)
    return Error::invalid("no value after the stack; expected 'root;leaf 42'");
  PHLOX_TRY(const std::int64_t value, parse_value(line.substr(space + 1)));

  PHLOX_TRY(const StackId stack, intern_stack_text(profile.symbols, line.substr(0, space)));
  profile.add_sample(stack, {&value, 1});
  return {};
}

void append_frame(std::string& out, const profile::Symbols& symbols, const profile::Frame& frame) {
  const profile::Function& function = symbols.function(frame.function);
  const std::size_t begin = out.size();
  out += symbols.string(function.name);
  if (const auto file = symbols.string(function.file); !file.empty())
    fmt::format_to(std::back_inserter(out), " ({}:{})", file, frame.line);
  for (auto& c : std::span(out).subspan(begin)) {
    if (c == ';') c = ':';
    if (c == '\n' || c == '\r') c = ' ';
  }
}

std::string stack_text(const profile::Symbols& symbols, StackId stack) {
  std::vector<FrameId> frames;
  for (StackId at = stack; at != StackId::kEmpty; at = symbols.stack(at).parent)
    frames.push_back(symbols.stack(at).frame);
  std::string out;
  for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) {
    if (!out.empty()) out += ';';
    append_frame(out, symbols, symbols.frame(*frame));
  }
  return out;
}

}  // namespace

Result<Profile> decode_folded(std::string_view text, const profile::ValueType& sample_type) {
  Profile profile;
  profile.sample_types = {sample_type};
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto newline = text.find('\n');
    std::string_view line = text.substr(0, newline);
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    PHLOX_TRY(decode_line(line, profile).context(fmt::format("folded stacks, line {}", number)));
  }
  return profile;
}

Result<std::string> encode_folded(const Profile& profile, std::size_t value_index) {
  PHLOX_CHECK(value_index < profile.sample_types.size());
  std::map<std::string, profile::Sum> lines;
  for (std::size_t i = 0; i < profile.sample_count(); ++i)
    lines[stack_text(profile.symbols, profile.stacks[i])] += profile.values_of(i)[value_index];
  std::string out;
  for (const auto& [stack, sum] : lines) {
    PHLOX_TRY(const std::int64_t value, sum.to_int64());
    if (value == 0) continue;  // other tools would draw it
    fmt::format_to(std::back_inserter(out), "{} {}\n", stack, value);
  }
  return out;
}

}  // namespace phlox::format
