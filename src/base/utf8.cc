#include "base/utf8.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace phlox {
namespace {

// Bytes of the sequence that begins with `lead`, and the bounds of its second byte (RFC 3629,
// section 4); 0 if none may.
struct Sequence {
  int length;
  std::uint8_t second_min;
  std::uint8_t second_max;
};

Sequence sequence_of(std::uint8_t lead) {
  if (lead < 0x80) return {1, 0, 0};
  if (lead >= 0xC2 && lead <= 0xDF) return {2, 0x80, 0xBF};
  if (lead == 0xE0) return {3, 0xA0, 0xBF};
  if (lead == 0xED) return {3, 0x80, 0x9F};
  if (lead >= 0xE1 && lead <= 0xEF) return {3, 0x80, 0xBF};
  if (lead == 0xF0) return {4, 0x90, 0xBF};
  if (lead >= 0xF1 && lead <= 0xF3) return {4, 0x80, 0xBF};
  if (lead == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

}  // namespace

std::size_t utf8_prefix(std::string_view text) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  const auto is_ascii = [&](std::size_t word_at) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + word_at, kWord);
    return (word & 0x8080808080808080) == 0;
  };
  std::size_t i = 0;
  while (i < text.size()) {  // mostly ASCII
    if (text.size() >= kWord && is_ascii(std::min(i, text.size() - kWord))) {
      i += kWord;
      continue;
    }
    const auto byte_at = [&](std::size_t offset) {
      return static_cast<std::uint8_t>(text[i + offset]);
    };
    const Sequence sequence = sequence_of(byte_at(0));
    const auto length = static_cast<std::size_t>(sequence.length);
    if (length == 0 || i + length > text.size()) return i;
    if (length > 1 && (byte_at(1) < sequence.second_min || byte_at(1) > sequence.second_max))
      return i;
    for (std::size_t k = 2; k < length; ++k) {
      if (byte_at(k) < 0x80 || byte_at(k) > 0xBF) return i;
    }
    i += length;
  }
  return text.size();
}

bool is_ascii(std::string_view text) {
  using Words = std::array<std::uint64_t, 4>;
  Words seen{};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (; end - at >= static_cast<std::ptrdiff_t>(sizeof(Words)); at += sizeof(Words)) {
    Words words;
    std::memcpy(words.data(), at, sizeof(words));
    for (std::size_t i = 0; i < words.size(); ++i) seen[i] |= words[i];
  }
  std::uint64_t rest = 0;
  for (; at != end; ++at) rest |= static_cast<unsigned char>(*at);
  return ((seen[0] | seen[1] | seen[2] | seen[3] | rest) & 0x8080808080808080) == 0;
}

bool is_utf8(std::string_view text) { return utf8_prefix(text) == text.size(); }

std::string as_utf8(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t good = utf8_prefix(text);
    out += text.substr(0, good);
    if (good == text.size()) return out;
    out += "\xEF\xBF\xBD";
    text.remove_prefix(good + 1);
  }
}

}  // namespace phlox
