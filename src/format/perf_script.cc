#include "format/perf_script.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "format/frame_text.h"
#include "format/text_lines.h"

namespace phlox::format {
namespace {

using profile::FrameId;
using profile::Profile;

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kHexDigits = "0123456789abcdef";
// Above and below what --header writes, in which a command's line may hold anything.
constexpr std::string_view kHeaderRule = "# ========";
constexpr std::string_view kUnknown = "[unknown]";  // perf's own word
// Modifiers of events, man perf-list: cycles:u counts cycles, of user space only.
constexpr std::string_view kModifiers = "ukhIGHpPSDWebR";

bool consists_of(std::string_view text, std::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos;
}

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// The next word of `rest`, which it is taken from; "" at the end.
std::string_view take_word(std::string_view& rest) {
  rest = trim(rest);
  const std::string_view word = rest.substr(0, rest.find_first_of(" \t"));
  rest.remove_prefix(word.size());
  return word;
}

// "28288", "28288/28290"; perf writes -1 for what it does not know.
bool is_thread(std::string_view word) {
  const auto is_id = [](std::string_view id) { return id == "-1" || consists_of(id, kDigits); };
  const auto slash = word.find('/');
  if (slash == std::string_view::npos) return is_id(word);
  return is_id(word.substr(0, slash)) && is_id(word.substr(slash + 1));
}

bool is_cpu(std::string_view word) {
  return word.size() > 2 && word.front() == '[' && word.back() == ']' &&
         consists_of(word.substr(1, word.size() - 2), kDigits);
}

// "32649.367475:", with six or nine places.
std::optional<Nanoseconds> parse_time(std::string_view word) {
  constexpr std::size_t kPlaces = 9;
  constexpr std::size_t kMaxSecondDigits = 9;  // what fits in nanoseconds
  const auto point = word.find('.');
  if (point == std::string_view::npos || point > kMaxSecondDigits || !word.ends_with(':'))
    return std::nullopt;
  std::string digits(word.substr(0, point));
  const std::string_view places = word.substr(point + 1, word.size() - point - 2);
  if (!consists_of(digits, kDigits) || !consists_of(places, kDigits) || places.size() > kPlaces)
    return std::nullopt;
  digits.append(places).append(kPlaces - places.size(), '0');
  std::int64_t time = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), time);
  return Nanoseconds(time);
}

// The line above a stack.
struct Head {
  std::string_view command;
  Nanoseconds time{};
  std::string_view period;  // "" if not written
  std::string_view event;   // without the ':' at its end; "" for a PERF_RECORD_, which is no sample
  std::string_view rest;
};

std::optional<Head> parse_head(std::string_view line) {
  Head head;
  std::string_view rest = line;
  // A command may hold blanks, and words like a thread's id: the last such word before the time is
  // it.
  const char* thread = nullptr;
  while (true) {
    const std::string_view word = take_word(rest);
    if (word.empty()) return std::nullopt;
    if (const auto time = parse_time(word); thread != nullptr && time) {
      head.time = *time;
      break;
    }
    if (is_thread(word))
      thread = word.data();
    else if (!is_cpu(word))
      thread = nullptr;
  }
  head.command = trim(line.substr(0, static_cast<std::size_t>(thread - line.data())));
  std::string_view word = take_word(rest);
  if (word.starts_with("PERF_RECORD_")) return head;
  if (consists_of(word, kDigits)) {
    head.period = word;
    word = take_word(rest);
  }
  if (word.size() < 2 || !word.ends_with(':')) return std::nullopt;
  head.event = word.substr(0, word.size() - 1);
  head.rest = trim(rest);
  return head;
}

// "cycles:u" is cycles; "sched:sched_switch" is a tracepoint.
std::string_view without_modifiers(std::string_view event) {
  const auto colon = event.rfind(':');
  const bool has_modifiers =
      colon != std::string_view::npos && consists_of(event.substr(colon + 1), kModifiers);
  return has_modifiers ? event.substr(0, colon) : event;
}

struct NativeFrame {
  std::string_view name = kUnknown;
  std::string_view mapping;
};

// "1009c7 PyObject_Free+0x77 (/usr/bin/python3.11)": symbols hold blanks and parentheses too.
std::optional<NativeFrame> parse_native_frame(std::string_view text) {
  NativeFrame frame;
  if (!consists_of(take_word(text), kHexDigits)) return std::nullopt;
  text = trim(text);
  if (text.ends_with(')')) {
    int depth = 0;
    std::size_t open = text.size();
    do {
      --open;
      depth += text[open] == ')' ? 1 : text[open] == '(' ? -1 : 0;
    } while (depth > 0 && open > 0);
    // Without a file the end is that of a signature, "foo(int)".
    if (depth == 0 && (open == 0 || text[open - 1] == ' ')) {
      frame.mapping = text.substr(open + 1, text.size() - open - 2);
      text = trim(text.substr(0, open));
    }
  }
  if (const auto offset = text.rfind("+0x");
      offset != std::string_view::npos && consists_of(text.substr(offset + 3), kHexDigits))
    text = text.substr(0, offset);
  if (!text.empty()) frame.name = text;
  if (frame.mapping == "inlined" || frame.mapping == kUnknown) frame.mapping = {};
  return frame;
}

// "py::Shop.foo:/srv/app.py"; py::detail::foo is C++.
FrameId intern_native(profile::Symbols& symbols, const NativeFrame& frame) {
  constexpr std::string_view kPython = "py::";
  if (frame.name.starts_with(kPython)) {
    const std::string_view function = frame.name.substr(kPython.size());
    const auto colon = function.find(':');
    if (colon != std::string_view::npos && colon > 0 && !function.substr(colon).starts_with("::"))
      return intern_frame(symbols, function.substr(0, colon), function.substr(colon + 1), 0);
  }
  return intern_frame(symbols, frame.name, "", 0, frame.mapping);
}

class PerfScriptDecoder {
 public:
  Result<Profile> decode(std::string_view text) {
    PHLOX_TRY(for_each_line(text, "perf script",
                            [this](std::string_view line) { return add_line(line); }));
    add_open_sample();
    if (profile_.sample_types.empty()) return Error::invalid("perf script: there is no sample");
    profile_.duration = last_ - first_;
    return std::move(profile_);
  }

 private:
  Result<> add_line(std::string_view line) {
    if (profile_.sample_types.empty()) {
      if (line == kHeaderRule) in_header_ = !in_header_;
      if (in_header_ || line.starts_with('#')) return {};
    }
    if (line.starts_with('\t')) return add_frame(line);
    const auto head = parse_head(line);
    if (!head)
      return Error::invalid(
          "expected '<command> <pid> <seconds>: <period> <event>:', what `perf script` writes "
          "without --fields");
    add_open_sample();
    if (head->event.empty()) return {};
    return begin_sample(*head);
  }

  Result<> begin_sample(const Head& head) {
    if (head.period.empty())
      return Error::invalid("the sample has no period; write it with `perf script -F +period`");
    PHLOX_TRY(value_, parse_value(head.period));
    const std::string_view event = without_modifiers(head.event);
    PHLOX_TRY(set_event(event));
    PHLOX_TRY(label_set_, label_set(head.command));
    has_open_sample_ = true;
    leaf_first_.clear();
    first_ = std::min(first_, head.time);
    last_ = std::max(last_, head.time);
    if (head.rest.empty()) return {};
    // A tracepoint says what happened.
    if (event.find(':') != std::string_view::npos && !parse_native_frame(head.rest)) return {};
    return add_frame(head.rest);
  }

  Result<> set_event(std::string_view event) {
    if (!profile_.sample_types.empty()) {
      if (event == event_) return {};
      return Error::invalid("event '{}' after event '{}'; record one a file", event, event_);
    }
    event_ = event;
    profile::ValueType type{std::string(event), "count"};
    std::ranges::replace(type.type, ':', '.');
    if (event == "cpu-clock" || event == "task-clock") type = {"cpu", "nanoseconds"};
    profile_.sample_types = {type};
    profile_.period_type = type;
    profile_.period = value_;
    first_ = Nanoseconds::max();
    last_ = Nanoseconds::min();
    return {};
  }

  Result<std::uint32_t> label_set(std::string_view command) {
    const auto found = label_sets_.find(command);
    if (found != label_sets_.end()) return found->second;
    PHLOX_TRY(auto labels, profile::Labels::from_pairs({{"comm", std::string(command)}}));
    const auto id = static_cast<std::uint32_t>(profile_.label_sets.size());
    profile_.label_sets.push_back(std::move(labels));
    label_sets_.emplace(command, id);
    return id;
  }

  Result<> add_frame(std::string_view text) {
    if (!has_open_sample_) return Error::invalid("a frame that belongs to no sample");
    const auto frame = parse_native_frame(text);
    if (!frame)
      return Error::invalid("frame '{}' is not '<address> <symbol> (<file>)'", trim(text));
    leaf_first_.push_back(intern_native(profile_.symbols, *frame));
    return {};
  }

  void add_open_sample() {
    if (!has_open_sample_) return;
    has_open_sample_ = false;
    if (leaf_first_.empty()) leaf_first_.push_back(intern_frame(profile_.symbols, kUnknown, "", 0));
    profile_.add_sample(profile_.symbols.intern_stack(leaf_first_), {&value_, 1}, label_set_);
  }

  Profile profile_;
  bool in_header_ = false;
  std::string_view event_;  // inside the text
  std::map<std::string_view, std::uint32_t> label_sets_;
  Nanoseconds first_{};
  Nanoseconds last_{};
  // The sample whose frames are being read.
  bool has_open_sample_ = false;
  std::int64_t value_ = 0;
  std::uint32_t label_set_ = 0;
  std::vector<FrameId> leaf_first_;
};

}  // namespace

bool is_perf_script(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line == kHeaderRule) return true;
    if (!is_blank(line) && !line.starts_with('#')) return parse_head(line).has_value();
  }
  return false;
}

Result<Profile> decode_perf_script(std::string_view text) {
  return PerfScriptDecoder().decode(text);
}

}  // namespace phlox::format
