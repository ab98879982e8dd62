#include "format/austin.h"

#include <algorithm>
#include <vector>

#include "format/frame_text.h"
#include "format/text_lines.h"
#include "profile/sum.h"

namespace phlox::format {
namespace {

using profile::FrameId;
using profile::Profile;

constexpr std::int64_t kNanosecondsPerMicrosecond = 1000;

// Of a process or thread; on Windows in hexadecimal digits.
bool is_id(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Up to the next ';', which is taken too.
std::string_view take_part(std::string_view& rest) {
  const auto semicolon = rest.find(';');
  const std::string_view part = rest.substr(0, semicolon);
  rest.remove_prefix(semicolon == std::string_view::npos ? rest.size() : semicolon + 1);
  return part;
}

// "P25005;T0:25007", which is taken; before austin 3.6 there is no interpreter, "T25007".
bool take_thread(std::string_view& stack) {
  const std::string_view process = take_part(stack);
  const std::string_view thread = take_part(stack);
  if (!process.starts_with('P') || !is_id(process.substr(1))) return false;
  if (!thread.starts_with('T')) return false;
  const auto colon = thread.find(':');
  return colon == std::string_view::npos
             ? is_id(thread.substr(1))
             : is_id(thread.substr(1, colon - 1)) && is_id(thread.substr(colon + 1));
}

Result<std::int64_t> parse_microseconds(std::string_view text) {
  PHLOX_TRY(const std::int64_t value, parse_value(text));
  if (value > profile::kMaxPushedValue / kNanosecondsPerMicrosecond)
    return Error::invalid("{} us are over 2^53 ns", value);
  return value * kNanosecondsPerMicrosecond;
}

class AustinDecoder {
 public:
  Result<Profile> decode(std::string_view text) {
    PHLOX_TRY(for_each_line(text, "austin", [this](std::string_view line) {
      return line.starts_with('#') ? add_metadata(line.substr(1)) : add_sample(line);
    }));
    if (profile_.sample_types.empty())
      return Error::invalid("austin: there is no line '# mode: ...', which says what is measured");
    return std::move(profile_);
  }

 private:
  // " mode: cpu". What else there is, such as its version, says nothing about the samples.
  Result<> add_metadata(std::string_view text) {
    const auto colon = text.find(": ");
    if (!text.starts_with(' ') || colon == std::string_view::npos) return {};
    const std::string_view key = text.substr(1, colon - 1);
    const std::string_view value = text.substr(colon + 2);
    if (key == "mode") return set_mode(value);
    if (key == "interval") {
      PHLOX_TRY(profile_.period, parse_microseconds(value));
    } else if (key == "duration") {
      PHLOX_TRY(const std::int64_t duration, parse_microseconds(value));
      profile_.duration = Nanoseconds(duration);
    }
    return {};
  }

  Result<> set_mode(std::string_view mode) {
    if (mode != "cpu" && mode != "wall")
      return Error::invalid(
          "mode '{}' is not taken, only cpu and wall: run austin without --memory and --full",
          mode);
    const profile::ValueType type{std::string(mode), "nanoseconds"};
    if (!profile_.sample_types.empty() && profile_.sample_types[0] != type)
      return Error::invalid("mode '{}' after mode '{}'; send them as two files", mode,
                            profile_.sample_types[0].type);
    profile_.sample_types = {type};
    profile_.period_type = type;
    return {};
  }

  Result<> add_sample(std::string_view line) {
    if (profile_.sample_types.empty())
      return Error::invalid("there is no line '# mode: ...' above it, which says what is measured");
    const auto space = line.rfind(' ');
    std::string_view stack = line.substr(0, space);
    if (space == std::string_view::npos || !take_thread(stack))
      return Error::invalid(
          "expected 'P<pid>;T<interpreter>:<thread>;<file>:<function>:<line> 42'");
    PHLOX_TRY(const std::int64_t value, parse_microseconds(line.substr(space + 1)));
    std::vector<FrameId> frames;
    while (!stack.empty()) {
      PHLOX_TRY(const FrameId frame, intern(take_part(stack)));
      frames.push_back(frame);
    }
    if (frames.empty()) frames.push_back(profile_.symbols.intern_synthetic("[no frame]"));
    std::ranges::reverse(frames);
    profile_.add_sample(profile_.symbols.intern_stack(frames), {&value, 1});
    return {};
  }

  Result<FrameId> intern(std::string_view text) {
    if (text == ":GC:") return intern_frame(profile_.symbols, "<gc>", "", 0);
    if (text == ":INVALID:") return profile_.symbols.intern_synthetic("[unreadable]");
    return intern_colon_frame(profile_.symbols, text);
  }

  Profile profile_;
};

}  // namespace

bool is_austin(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (is_blank(line)) continue;
    std::string_view stack = line.substr(0, line.rfind(' '));
    return line.starts_with("# austin: ") || take_thread(stack);
  }
  return false;
}

Result<Profile> decode_austin(std::string_view text) { return AustinDecoder().decode(text); }

}  // namespace phlox::format
