#include "base/utf8.h"

#include <gtest/gtest.h>

#include <rapidcheck.h>

#include <string>
#include <string_view>
#include <vector>

namespace phlox {
namespace {

// What RFC 3629, section 3, makes of a code point.
std::string encoded(std::uint32_t code) {
  const auto byte = [](std::uint32_t value) { return static_cast<char>(value); };
  const auto tail = [&](int shift) { return byte(0x80 | (code >> shift & 0x3f)); };
  if (code < 0x80) return {byte(code)};
  if (code < 0x800) return {byte(0xc0 | code >> 6), tail(0)};
  if (code < 0x10000) return {byte(0xe0 | code >> 12), tail(6), tail(0)};
  return {byte(0xf0 | code >> 18), tail(12), tail(6), tail(0)};
}

// Mostly ASCII, as names are, so that words of it stand beside what is not.
std::string arbitrary_text() {
  std::string text;
  for (int i = *rc::gen::inRange(0, 40); i > 0; --i) {
    const bool is_ascii = *rc::gen::inRange(0, 6) != 0;
    std::uint32_t code = *rc::gen::inRange<std::uint32_t>(0, is_ascii ? 0x80 : 0x110000);
    if (code >= 0xd800 && code < 0xe000) code = 0xe000;  // halves of UTF-16
    text += encoded(code);
  }
  return text;
}

TEST(Utf8, AsciiHasNoHighBitAnywhere) {
  for (std::size_t size = 0; size < 100; ++size) {
    std::string text(size, 'a');
    EXPECT_TRUE(is_ascii(text)) << size;
    for (std::size_t at = 0; at < size; ++at) {
      text[at] = '\x80';
      EXPECT_FALSE(is_ascii(text)) << size << " " << at;
      text[at] = 'a';
    }
  }
}

TEST(Utf8, AcceptsTextAndRefusesTheRest) {
  EXPECT_TRUE(is_utf8("plain, h\u00e9, \u4e2d\u6587, \U0001F600"));
  EXPECT_FALSE(is_utf8("\xff"));
  EXPECT_FALSE(is_utf8("\xc0\xaf"));          // overlong
  EXPECT_FALSE(is_utf8("\xed\xa0\x80"));      // surrogate
  EXPECT_FALSE(is_utf8("\xf4\x90\x80\x80"));  // above U+10FFFF
  EXPECT_FALSE(is_utf8("\xe4\xb8"));          // cut
  EXPECT_EQ(utf8_prefix("a\u00e9\xff\u00e9"), 3u);
  EXPECT_EQ(as_utf8("a\u00e9\xff\u00e9\xe4\xb8"), "a\u00e9\ufffd\u00e9\ufffd\ufffd");
}

TEST(Utf8, TakesWhatEncodingMakes) {
  EXPECT_TRUE(rc::check("all of it", [] {
    const std::string text = arbitrary_text();
    RC_ASSERT(utf8_prefix(text) == text.size());
    RC_ASSERT(is_utf8(text));
    RC_ASSERT(as_utf8(text) == text);
  }));
}

TEST(Utf8, EndsWhereItIsBroken) {
  const std::vector<std::string> broken = {"\x80",
                                           "\xbf",
                                           "\xc0\x80",
                                           "\xc1\xbf",
                                           "\xc3",
                                           "\xe2\x82",
                                           "\xe0\x80\x80",
                                           "\xed\xa0\x80",
                                           "\xf0\x80\x80\x80",
                                           "\xf0\x9f\x98",
                                           "\xf4\x90\x80\x80",
                                           "\xf5\x80\x80\x80",
                                           "\xff",
                                           "\xe2\x28\xa1"};
  EXPECT_TRUE(rc::check("there", [&] {
    const std::string before = arbitrary_text();
    const std::string after = arbitrary_text();
    const std::string text = before + *rc::gen::elementOf(broken) + "!" + after;
    RC_ASSERT(utf8_prefix(text) == before.size());
    RC_ASSERT(!is_utf8(text));
    const std::string mended = as_utf8(text);
    RC_ASSERT(is_utf8(mended));
    RC_ASSERT(mended.starts_with(before + "\xEF\xBF\xBD"));
    RC_ASSERT(mended.ends_with(after));
  }));
}

}  // namespace
}  // namespace phlox
