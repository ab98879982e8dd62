#include "cpython/object_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "cpython/object_shapes.h"

namespace phlox::cpython {

using process::RemoteAddress;

namespace {

constexpr int kMaxDepth = 2;  // of containers in containers
constexpr std::string_view kEllipsis = "...";
constexpr std::uint32_t kBitsPerDigit = 30;
constexpr std::uint64_t kMaxDigits = 4;  // of which 128 bits hold all
__extension__ using Magnitude = unsigned __int128;

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }  // of UTF-8
bool is_printable(unsigned char c) { return c >= 0x20 && c != 0x7f; }

// As repr() does, which quotes by " where the text has ' and no ". `last`: what is not escaped.
std::string quoted(std::string_view text, unsigned char last = 0xff) {
  const bool has_single = text.contains('\'');
  const char quote = has_single && !text.contains('"') ? '"' : '\'';
  std::string out(1, quote);
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == quote || c == '\\') {
      out += '\\';
      out += c;
    } else if (is_printable(static_cast<unsigned char>(c)) &&
               static_cast<unsigned char>(c) <= last) {
      out += c;
    } else {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  out += quote;
  return out;
}

std::string quoted_bytes(std::span<const std::byte> bytes) {
  std::string out = "b'";
  for (const std::byte byte : bytes) {
    const auto c = std::to_integer<unsigned char>(byte);
    if (c == '\'' || c == '\\') out += '\\';
    if (c >= 0x20 && c < 0x7f) {
      out += static_cast<char>(c);
    } else {
      out += fmt::format("\\x{:02x}", c);
    }
  }
  out += '\'';
  return out;
}

// The first `max_chars` characters of UTF-8.
std::string_view first_chars(std::string_view text, std::size_t max_chars) {
  std::size_t chars = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_continuation(text[i]) && chars++ == max_chars) return text.substr(0, i);
  }
  return text;
}

std::string with_ellipsis(std::string text, bool is_cut) {
  if (is_cut) text += kEllipsis;
  return text;
}

// A set without entries has no brackets of its own.
std::string set_text(const ObjectReader::Items& items, const std::string& inner, bool is_frozen) {
  if (items.count == 0) return is_frozen ? "frozenset()" : "set()";
  return is_frozen ? "frozenset({" + inner + "})" : "{" + inner + "}";
}

}  // namespace

std::string ObjectText::of(RemoteAddress object) const {
  std::string text = text_of(object, 0);
  if (text.size() <= kMaxTextBytes) return text;
  std::size_t end = kMaxTextBytes - kEllipsis.size();
  while (end > 0 && is_continuation(text[end])) --end;
  return text.substr(0, end).append(kEllipsis);
}

std::string ObjectText::text_of(RemoteAddress object, int depth) const {
  const std::string type = objects_.type_name_of(object);
  const std::string_view name = type.empty() ? "unknown" : std::string_view(type);
  const auto text = builtin_text(object, objects_.type_flags_of(object), name, depth);
  if (text) return *text;
  return fmt::format("<{} object at {:#x}>", name, to_number(object));
}

std::optional<std::string> ObjectText::builtin_text(RemoteAddress object, std::uint64_t flags,
                                                    std::string_view type, int depth) const {
  if (type == "NoneType") return "None";
  if (type == "float") return float_text(object);
  std::optional<std::string> text;
  std::string_view builtin;
  ObjectReader::Items items;
  const bool has_ints = layout_.int_value != kNone;
  if (has_ints && has_flag(flags, TypeFlag::kInt)) {
    builtin = "int";
    text = int_text(object);
    if (type == "bool" && text) return *text == "0" ? "False" : "True";
  } else if (has_flag(flags, TypeFlag::kLong)) {
    builtin = has_ints ? "long" : "int";
    text = integer_text(object);
    if (type == "bool" && text) return *text == "0" ? "False" : "True";
  } else if (has_flag(flags, TypeFlag::kString) && !layout_.has_byte_strings()) {
    builtin = "str";
    text = string_text(object);
  } else if (has_flag(flags, TypeFlag::kBytes)) {
    builtin = layout_.has_byte_strings() ? "str" : "bytes";
    text = bytes_text(object);
  } else if (has_flag(flags, TypeFlag::kDict)) {
    builtin = "dict";
    text = dict_text(object, depth);
  } else if (objects_.read_list(object, kMaxTextItems, items)) {
    builtin = "list";
    text = "[" + items_text(items, depth) + "]";
  } else if (objects_.read_tuple(object, kMaxTextItems, items)) {
    builtin = "tuple";
    text = "(" + items_text(items, depth) + (items.count == 1 && depth < kMaxDepth ? ",)" : ")");
  } else if ((type == "set" || type == "frozenset") &&
             objects_.read_set(object, kMaxTextItems, items)) {
    return set_text(items, items_text(items, depth), type == "frozenset");
  }
  if (!text || type == builtin) return text;
  return fmt::format("{}({})", type, *text);
}

std::optional<std::string> ObjectText::int_text(RemoteAddress object) const {
  std::int64_t value = 0;
  if (!memory_.read_value(object + layout_.int_value, value)) return std::nullopt;
  return fmt::format("{}", value);
}

std::optional<std::string> ObjectText::integer_text(RemoteAddress object) const {
  std::uint64_t size = 0;
  if (!memory_.read_value(object + layout_.long_size, size)) return std::nullopt;
  bool is_negative = static_cast<std::int64_t>(size) < 0;
  std::uint64_t count = is_negative ? ~size + 1 : size;
  if (layout_.long_size_shift != kNone) {
    // lv_tag: 0 positive, 1 zero, 2 negative (CPython 3.12, Include/internal/pycore_long.h).
    const std::uint64_t sign = size & 3;
    is_negative = sign == 2;
    count = sign == 1 ? 0 : size >> layout_.long_size_shift;
  }
  if (count > kMaxDigits) {
    if (count > UINT32_MAX) return std::nullopt;
    return fmt::format("<int of {} bits>", count * kBitsPerDigit);
  }
  std::array<std::uint32_t, kMaxDigits> digits{};
  const auto used = std::span(digits).first(count);
  if (!memory_.read(object + layout_.long_digits, std::as_writable_bytes(used)))
    return std::nullopt;
  Magnitude value = 0;
  for (std::size_t i = used.size(); i-- > 0;) value = value << kBitsPerDigit | used[i];
  return fmt::format("{}{}{}", is_negative ? "-" : "", value,
                     layout_.int_value == kNone ? "" : "L");
}

std::optional<std::string> ObjectText::float_text(RemoteAddress object) const {
  double value = 0;
  if (!memory_.read_value(object + layout_.float_value, value)) return std::nullopt;
  std::string text = fmt::format("{}", value);
  // As Python has whole numbers.
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

std::optional<std::string> ObjectText::string_text(RemoteAddress object) const {
  std::string text;
  if (!objects_.read_string(object, kMaxTextChars + 1, text)) return std::nullopt;
  const std::string_view shown = first_chars(text, kMaxTextChars);
  return with_ellipsis(quoted(shown), shown.size() < text.size());
}

std::optional<std::string> ObjectText::bytes_text(RemoteAddress object) const {
  std::uint64_t size = 0;
  if (!memory_.read_value(object + layout_.bytes_size, size)) return std::nullopt;
  std::array<std::byte, kMaxTextChars> buffer;
  const auto shown = std::span(buffer).first(std::min<std::uint64_t>(size, buffer.size()));
  if (!memory_.read(object + layout_.bytes_data, shown)) return std::nullopt;
  const std::string_view text(reinterpret_cast<const char*>(shown.data()), shown.size());
  return with_ellipsis(layout_.has_byte_strings() ? quoted(text, '~') : quoted_bytes(shown),
                       shown.size() < size);
}

std::optional<std::string> ObjectText::dict_text(RemoteAddress object, int depth) const {
  std::uint64_t count = 0;
  ObjectReader::Entries entries;
  if (!memory_.read_value(object + layout_.dict_count, count) || count > kMaxItemCount ||
      !objects_.read_dict(object, kMaxTextItems, entries))
    return std::nullopt;
  if (depth == kMaxDepth && count > 0) return "{...}";
  std::string text = "{";
  for (const auto& [key, value] : entries)
    text += fmt::format("{}{}: {}", text.size() > 1 ? ", " : "", text_of(key, depth + 1),
                        text_of(value, depth + 1));
  if (count > entries.size())
    text += fmt::format("{}... {} more", entries.empty() ? "" : ", ", count - entries.size());
  return text + "}";
}

std::string ObjectText::items_text(const ObjectReader::Items& items, int depth) const {
  if (depth == kMaxDepth && items.count > 0) return "...";
  std::string text;
  for (const RemoteAddress item : items.first) {
    if (!text.empty()) text += ", ";
    text += text_of(item, depth + 1);
  }
  if (items.count > items.first.size())
    text +=
        fmt::format("{}... {} more", text.empty() ? "" : ", ", items.count - items.first.size());
  return text;
}

}  // namespace phlox::cpython
