#include "format/python_collapsed.h"

#include <algorithm>
#include <vector>

#include "format/frame_text.h"
#include "format/text_lines.h"

namespace phlox::format {
namespace {

using profile::FrameId;
using profile::Profile;

bool has_thread(std::string_view line) {
  constexpr std::string_view kThread = "tid:";
  if (!line.starts_with(kThread)) return false;
  const auto end = line.find_first_not_of("0123456789", kThread.size());
  return end != std::string_view::npos && end > kThread.size() && line[end] == ';';
}

// "<native>" and "<GC>" stand for no function of a file.
Result<FrameId> intern(profile::Symbols& symbols, std::string_view text) {
  if (text == "<GC>") return intern_frame(symbols, "<gc>", "", 0);
  if (text.starts_with('<') && text.ends_with('>')) return intern_frame(symbols, text, "", 0);
  return intern_colon_frame(symbols, text);
}

Result<> add_line(Profile& profile, std::string_view line) {
  const auto space = line.rfind(' ');
  if (space == std::string_view::npos || !has_thread(line))
    return Error::invalid("expected 'tid:<thread>;<file>:<function>:<line>;... 42'");
  PHLOX_TRY(const std::int64_t value, parse_value(line.substr(space + 1)));
  std::string_view rest = line.substr(0, space);
  rest.remove_prefix(rest.find(';'));
  std::vector<FrameId> frames;
  while (!rest.empty()) {
    rest.remove_prefix(1);  // the ';'
    const std::string_view text = rest.substr(0, rest.find(';'));
    PHLOX_TRY(const FrameId frame, intern(profile.symbols, text));
    frames.push_back(frame);
    rest.remove_prefix(text.size());
  }
  std::ranges::reverse(frames);
  profile.add_sample(profile.symbols.intern_stack(frames), {&value, 1});
  return {};
}

}  // namespace

bool is_python_collapsed(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (!is_blank(line)) return has_thread(line);
  }
  return false;
}

Result<Profile> decode_python_collapsed(std::string_view text,
                                        const profile::ValueType& sample_type) {
  Profile profile;
  profile.sample_types = {sample_type};
  PHLOX_TRY(for_each_line(text, "collapsed stacks",
                          [&](std::string_view line) { return add_line(profile, line); }));
  return profile;
}

}  // namespace phlox::format
