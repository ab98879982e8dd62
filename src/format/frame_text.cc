#include "format/frame_text.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "profile/function_kind.h"

namespace phlox::format {
namespace {

using profile::FrameId;

struct FrameText {
  std::string_view name;
  std::string_view file;
  std::uint32_t line = 0;
};

// Splits "name (file:line)"; what does not look like that is a name.
FrameText parse_frame(std::string_view text) {
  if (!text.ends_with(')')) return {.name = text};
  const auto open = text.rfind(" (");
  if (open == std::string_view::npos || open == 0) return {.name = text};
  const std::string_view inside = text.substr(open + 2, text.size() - open - 3);
  const auto colon = inside.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return {.name = text};
  std::uint32_t line = 0;
  const auto* end = inside.data() + inside.size();
  const auto parsed = std::from_chars(inside.data() + colon + 1, end, line);
  if (parsed.ec != std::errc() || parsed.ptr != end) return {.name = text};
  return {text.substr(0, open), inside.substr(0, colon), line};
}

}  // namespace

FrameId intern_frame(profile::Symbols& symbols, std::string_view name, std::string_view file,
                     std::uint32_t line, std::string_view mapping) {
  const profile::Function function{
      .name = symbols.intern_string(name),
      .file = symbols.intern_string(file),
      .module = symbols.intern_string(profile::module_of(file, mapping)),
      .first_line = 0,
      .kind = profile::kind_of(name, file, mapping)};
  return symbols.intern_frame({.function = symbols.intern_function(function), .line = line});
}

FrameId intern_frame_text(profile::Symbols& symbols, std::string_view text) {
  const FrameText frame = parse_frame(text);
  return intern_frame(symbols, frame.name, frame.file, frame.line);
}

Result<FrameId> intern_colon_frame(profile::Symbols& symbols, std::string_view text) {
  const auto last = text.rfind(':');
  const auto first = last == std::string_view::npos || last == 0 ? std::string_view::npos
                                                                 : text.rfind(':', last - 1);
  const bool has_parts = first != std::string_view::npos && first + 1 < last;
  if (!has_parts) return Error::invalid("frame '{}' is not <file>:<function>:<line>", text);
  std::int32_t line = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + last + 1, end, line);
  if (parsed.ec != std::errc() || parsed.ptr != end)
    return Error::invalid("frame '{}' does not end with a line number", text);
  return intern_frame(symbols, text.substr(first + 1, last - first - 1), text.substr(0, first),
                      static_cast<std::uint32_t>(std::max(line, 0)));
}

Result<profile::StackId> intern_stack_text(profile::Symbols& symbols, std::string_view text) {
  std::vector<FrameId> frames;
  while (true) {
    const auto semicolon = text.find(';');
    const std::string_view frame = text.substr(0, semicolon);
    if (frame.empty()) return Error::invalid("an empty frame");
    frames.push_back(intern_frame_text(symbols, frame));
    if (semicolon == std::string_view::npos) break;
    text.remove_prefix(semicolon + 1);
  }
  std::ranges::reverse(frames);
  return symbols.intern_stack(frames);
}

}  // namespace phlox::format
