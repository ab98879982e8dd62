#include "query/frame_selector.h"

#include <algorithm>
#include <array>

#include "query/selector_parser.h"

namespace phlox::query {
namespace {

using storage::Matcher;

constexpr std::array<std::string_view, 5> kAttributes = {"name", "file", "module", "kind", "line"};

bool holds(const Matcher& matcher, const profile::Symbols& symbols,
           const profile::Function& function) {
  const std::string& attribute = matcher.name();
  if (attribute == "name") return matcher.matches(symbols.string(function.name));
  if (attribute == "file") return matcher.matches(symbols.string(function.file));
  if (attribute == "module") return matcher.matches(symbols.string(function.module));
  if (attribute == "kind") return matcher.matches(profile::to_string(function.kind));
  return matcher.matches(std::to_string(function.first_line));
}

Result<std::vector<Matcher>> parse_matchers(std::string_view text) {
  PHLOX_TRY(ParsedSelector parsed, parse_selector(text));
  for (const Matcher& matcher : parsed.selector.matchers) {
    if (std::ranges::find(kAttributes, matcher.name()) == kAttributes.end())
      return Error::invalid("frames '{}': '{}' is none of name, file, module, kind, line",
                            text.substr(0, 200), matcher.name());
  }
  return std::move(parsed.selector.matchers);
}

// The first step of a path: up to a ';' that stands neither in quotes nor in braces.
std::string_view first_step(std::string_view path) {
  if (!path.starts_with('{')) return path.substr(0, path.find(';'));
  char quote = '\0';
  for (std::size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    if (quote == '\0' && c == '}') return path.substr(0, path.find(';', i));
    if (quote == '\0' && (c == '"' || c == '\'' || c == '`')) {
      quote = c;
    } else if (c == quote) {
      quote = '\0';
    } else if (c == '\\' && quote != '\0' && quote != '`') {
      ++i;
    }
  }
  return path;
}

}  // namespace

Result<FrameSelector> FrameSelector::parse(std::string_view text) {
  if (text.empty())
    return Error::invalid("which frames? Write a function's name or {{name=\"…\"}}");
  FrameSelector out;
  if (text.starts_with('{')) {
    PHLOX_TRY(out.all_of_, parse_matchers(text));
  } else {
    PHLOX_TRY(Matcher name, Matcher::create("name", Matcher::Operator::kEqual, std::string(text)));
    out.all_of_.push_back(std::move(name));
  }
  return out;
}

Result<FrameSelector> FrameSelector::parse_search(std::string_view text) {
  if (text.empty() || text.starts_with('{')) return parse(text);
  FrameSelector out;
  for (const auto* attribute : {"name", "file", "module"}) {
    PHLOX_TRY(Matcher matcher,
              Matcher::create(attribute, Matcher::Operator::kMatches, pattern_anywhere(text)));
    out.any_of_.push_back(std::move(matcher));
  }
  return out;
}

bool FrameSelector::matches(const profile::Symbols& symbols, profile::FunctionId function) const {
  const auto& attributes = symbols.function(function);
  const auto is_held = [&](const Matcher& matcher) { return holds(matcher, symbols, attributes); };
  return std::ranges::all_of(all_of_, is_held) &&
         (any_of_.empty() || std::ranges::any_of(any_of_, is_held));
}

std::vector<bool> FrameSelector::matching(const profile::Symbols& symbols) const {
  std::vector<bool> out(symbols.function_count());
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = matches(symbols, profile::id_at<profile::FunctionId>(i));
  return out;
}

Result<FramePath> parse_frame_path(std::string_view text) {
  if (text.size() > kMaxSelectorBytes)
    return Error::limit("a path of {} bytes, at most {}", text.size(), kMaxSelectorBytes);
  FramePath path;
  while (true) {
    const std::string_view step = first_step(text);
    PHLOX_TRY(FrameSelector frames, FrameSelector::parse(step));
    path.push_back(std::move(frames));
    if (step.size() == text.size()) return path;
    text.remove_prefix(step.size() + 1);
  }
}

}  // namespace phlox::query
