#include "query/selector_parser.h"

#include <algorithm>
#include <array>

#include "profile/profile_type.h"

namespace phlox::query {
namespace {

using storage::Matcher;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<ParsedSelector> parse() {
    ParsedSelector out;
    skip_blanks();
    if (at_ == text_.size()) return out;
    if (const std::size_t brace = text_.find('{'); brace != at_)
      PHLOX_TRY(parse_prefix(text_.substr(at_, brace - at_), out));
    at_ = std::min(text_.find('{'), text_.size());
    if (at_ < text_.size()) PHLOX_TRY(parse_matchers(out.selector));
    skip_blanks();
    if (at_ != text_.size()) return fault("the end");
    return out;
  }

 private:
  Error fault(std::string_view expected) const {
    return Error::invalid("selector '{}', character {}: expected {}", text_.substr(0, 200), at_ + 1,
                          expected);
  }

  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n'))
      ++at_;
  }
  bool take(std::string_view token) {
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }

  Result<> parse_prefix(std::string_view prefix, ParsedSelector& out) {
    while (prefix.ends_with(' ')) prefix.remove_suffix(1);
    if (prefix.find(':') != std::string_view::npos) {
      PHLOX_TRY(const auto type, profile::ProfileType::parse(prefix));
      out.type = type.to_string();
      return {};
    }
    std::string_view service = prefix;
    if (const auto dot = prefix.rfind('.'); dot != std::string_view::npos) {
      out.type = type_of_suffix(prefix.substr(dot + 1));
      if (out.type) service = prefix.substr(0, dot);
    }
    return out.selector.add(std::string(profile::kServiceName), Matcher::Operator::kEqual,
                            std::string(service));
  }

  Result<> parse_matchers(storage::Selector& selector) {
    take("{");
    skip_blanks();
    while (!take("}")) {
      PHLOX_TRY(Matcher matcher, parse_matcher());
      selector.matchers.push_back(std::move(matcher));
      if (selector.matchers.size() > storage::kMaxMatchers)
        return Error::limit("a selector of more than {} matchers", storage::kMaxMatchers);
      skip_blanks();
      if (take(",")) {
        skip_blanks();
      } else if (at_ == text_.size() || text_[at_] != '}') {
        return fault("',' or '}'");
      }
    }
    return {};
  }

  Result<Matcher> parse_matcher() {
    PHLOX_TRY(std::string name, parse_name());
    skip_blanks();
    PHLOX_TRY(const Matcher::Operator op, parse_operator());
    skip_blanks();
    PHLOX_TRY(std::string value, parse_quoted());
    return Matcher::create(std::move(name), op, std::move(value));
  }

  // Label names may hold anything but what ends them; those that do are quoted.
  Result<std::string> parse_name() {
    if (at_ < text_.size() && text_[at_] == '"') return parse_quoted();
    const std::size_t end = std::min(text_.find_first_of("=!{},\"' \t\n", at_), text_.size());
    if (end == at_) return fault("a label name");
    const std::string name(text_.substr(at_, end - at_));
    at_ = end;
    return name;
  }

  Result<Matcher::Operator> parse_operator() {
    if (take("=~")) return Matcher::Operator::kMatches;
    if (take("!~")) return Matcher::Operator::kNotMatches;
    if (take("!=")) return Matcher::Operator::kNotEqual;
    if (take("=")) return Matcher::Operator::kEqual;
    return fault("one of = != =~ !~");
  }

  // "..." and '...' with escapes, `...` without.
  Result<std::string> parse_quoted() {
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote != '"' && quote != '\'' && quote != '`') return fault("a value in quotes");
    ++at_;
    std::string value;
    while (at_ < text_.size() && text_[at_] != quote) {
      char c = text_[at_++];
      if (c == '\\' && quote != '`') {
        if (at_ == text_.size()) break;
        c = text_[at_++];
        if (c == 'n') {
          c = '\n';
        } else if (c == 't') {
          c = '\t';
        } else if (c != '\\' && c != '"' && c != '\'') {
          value += '\\';  // of a pattern: \. and \d are passed on
        }
      }
      value += c;
    }
    if (at_ == text_.size()) return fault("a closing quote");
    ++at_;
    return value;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<ParsedSelector> parse_selector(std::string_view text) {
  if (text.size() > kMaxSelectorBytes)
    return Error::limit("a selector of {} bytes, at most {}", text.size(), kMaxSelectorBytes);
  return Parser(text).parse();
}

std::optional<std::string> type_of_suffix(std::string_view suffix) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kTypes = {{
      {"cpu", profile::kProcessCpu},
      {"itimer", profile::kProcessCpu},
      {"wall", "wall:wall:nanoseconds:cpu:nanoseconds"},
      {"alloc_objects", "memory:alloc_objects:count:space:bytes"},
      {"alloc_space", "memory:alloc_space:bytes:space:bytes"},
      {"inuse_objects", "memory:inuse_objects:count:space:bytes"},
      {"inuse_space", "memory:inuse_space:bytes:space:bytes"},
  }};
  const auto found =
      std::ranges::find(kTypes, suffix, [](const auto& entry) { return entry.first; });
  if (found == kTypes.end()) return std::nullopt;
  return std::string(found->second);
}

std::string pattern_anywhere(std::string_view text) {
  std::string pattern = "(?is).*";
  for (const char c : text) {
    if (std::string_view(R"(\.+*?()|[]{}^$)").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern + ".*";
}

}  // namespace phlox::query
