#include "format/folded.h"

#include <algorithm>
#include <map>

#include "base/check.h"
#include "format/frame_text.h"
#include "format/text_lines.h"
#include "profile/sum.h"

namespace phlox::format {
namespace {

using profile::FrameId;
using profile::Profile;
using profile::StackId;

Result<> decode_line(std::string_view line, Profile& profile) {
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
  PHLOX_TRY(for_each_line(text, "folded stacks",
                          [&](std::string_view line) { return decode_line(line, profile); }));
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
