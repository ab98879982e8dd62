#include "query/operators.h"

#include <algorithm>
#include <array>

namespace phlox::query {
namespace {

struct Name {
  std::string_view text;
  Operator::Kind kind;
};

constexpr std::array<Name, 12> kNames = {{{"contains", Operator::Kind::kContains},
                                          {"excludes", Operator::Kind::kExcludes},
                                          {"focus", Operator::Kind::kFocus},
                                          {"below", Operator::Kind::kBelow},
                                          {"callers", Operator::Kind::kCallers},
                                          {"hide", Operator::Kind::kHide},
                                          {"drop", Operator::Kind::kDrop},
                                          {"merge", Operator::Kind::kMerge},
                                          {"recursion", Operator::Kind::kRecursion},
                                          {"invert", Operator::Kind::kInvert},
                                          {"join", Operator::Kind::kJoin},
                                          {"scale", Operator::Kind::kScale}}};

const Name* find_name(std::string_view text) {
  const auto found = std::ranges::find(kNames, text, &Name::text);
  return found == kNames.end() ? nullptr : &*found;
}

Result<Operator> parse_arguments(Operator::Kind kind, std::string_view argument) {
  Operator out{.kind = kind, .frames = {}, .factor = {}};
  if (kind == Operator::Kind::kInvert) {
    if (argument != "true") return Error::invalid("expected 'true', not '{}'", argument);
    return out;
  }
  if (kind == Operator::Kind::kFocus) {
    PHLOX_TRY(out.frames, parse_frame_path(argument));
    return out;
  }
  if (kind == Operator::Kind::kJoin) {
    PHLOX_TRY(out.frames, parse_frame_path(argument));
    if (out.frames.size() != 2)
      return Error::invalid("expected FRAMES;INTO, as in old_name;new_name");
    return out;
  }
  if (kind == Operator::Kind::kScale) {
    const std::size_t star = argument.find('*');
    if (star == std::string_view::npos)
      return Error::invalid("expected FACTOR*FRAMES, as in 0.25*foo");
    PHLOX_TRY(out.factor, Ratio::parse(argument.substr(0, star)));
    argument.remove_prefix(star + 1);
  }
  PHLOX_TRY(FrameSelector frames, FrameSelector::parse(argument));
  out.frames.push_back(std::move(frames));
  return out;
}

}  // namespace

bool is_operator(std::string_view name) { return find_name(name) != nullptr; }

Result<Operator> parse_operator(std::string_view name, std::string_view argument) {
  const Name* found = find_name(name);
  if (found == nullptr) return Error::invalid("there is no operator '{}'", name.substr(0, 60));
  return parse_arguments(found->kind, argument).context(name);
}

}  // namespace phlox::query
