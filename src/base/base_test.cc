#include <gtest/gtest.h>

#include <rapidcheck.h>

#include "base/gzip.h"
#include "base/result.h"
#include "base/varint.h"

namespace phlox {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return Error::invalid("{} is odd", n);
  return n / 2;
}
Result<int> quarter(int n) {
  PHLOX_TRY(const int h, half(n));
  PHLOX_TRY(half(h));
  return half(h).context("quarter");
}

TEST(Result, TryReturnsTheErrorOfTheInnerCall) {
  EXPECT_EQ(quarter(8).value(), 2);
  const auto failed = quarter(6);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message(), "3 is odd");
}

TEST(Result, ContextSaysWhatEachLevelWasDoing) {
  const auto failed = half(3).context("read state").context("sample");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message(), "sample: read state: 3 is odd");
}

TEST(Result, ErrnoBecomesAKindTheCallerCanActOn) {
  EXPECT_EQ(Error::from_errno(ESRCH, "x").kind(), Error::Kind::kGone);
  EXPECT_EQ(Error::from_errno(EPERM, "x").kind(), Error::Kind::kPermission);
}

TEST(Varint, EveryValueComesBack) {
  EXPECT_TRUE(
      rc::check("varint round trip", [](const std::vector<std::uint64_t>& values, std::int64_t s) {
        std::string bytes;
        for (const auto v : values) append_varint(bytes, v);
        append_varint(bytes, zigzag(s));
        ByteReader reader(bytes);
        for (const auto v : values) RC_ASSERT(reader.varint() == v);
        RC_ASSERT(unzigzag(*reader.varint()) == s);
        RC_ASSERT(reader.done() && !reader.failed());
      }));
}

TEST(Varint, RefusesWhatDoesNotFitOrEndsEarly) {
  ByteReader overlong("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02");
  EXPECT_FALSE(overlong.varint());
  ByteReader cut("\x80");
  EXPECT_FALSE(cut.varint());
  EXPECT_TRUE(cut.failed());
  ByteReader short_string(
      "\x05"
      "abc");
  EXPECT_FALSE(short_string.string());
}

// Whether much follows or little decides how one is read.
TEST(Varint, OfAnySizeIsReadWhateverFollows) {
  for (int bits = 0; bits < 64; ++bits) {
    for (const std::uint64_t value : {std::uint64_t{1} << bits, (std::uint64_t{1} << bits) - 1}) {
      std::string bytes;
      append_varint(bytes, value);
      for (std::size_t behind = 0; behind < 12; ++behind) {
        const std::string followed = bytes + std::string(behind, static_cast<char>(0xd5));
        ByteReader reader(followed);
        EXPECT_EQ(reader.varint(), value);
        EXPECT_EQ(reader.remaining(), behind);
      }
      for (std::size_t size = 0; size < bytes.size(); ++size) {
        ByteReader cut(std::string_view(bytes).substr(0, size));
        EXPECT_FALSE(cut.varint());
        EXPECT_TRUE(cut.failed());
      }
    }
  }
  for (int bits = 0; bits < 64; ++bits) {
    for (int other = 0; other < 64; ++other) {
      const std::uint64_t first = (std::uint64_t{1} << bits) + 1;
      const std::uint64_t second = (std::uint64_t{1} << other) - 1;
      std::string bytes;
      append_varint(bytes, first);
      append_varint(bytes, second);
      const auto expect_both = [&](const std::string& read, std::size_t behind) {
        ByteReader reader(read);
        std::uint64_t a = 0;
        std::uint64_t b = 0;
        ASSERT_TRUE(reader.varints(a, b));
        EXPECT_EQ(a, first);
        EXPECT_EQ(b, second);
        EXPECT_EQ(reader.remaining(), behind);
      };
      for (std::size_t behind = 0; behind < 9; ++behind)
        expect_both(bytes + std::string(behind, static_cast<char>(0x85)), behind);
      for (std::size_t size = 0; size < bytes.size(); ++size) {
        ByteReader cut(std::string_view(bytes).substr(0, size));
        std::uint64_t ignored = 0;
        EXPECT_FALSE(cut.varints(ignored, ignored));
      }
    }
  }
  for (std::size_t zeros = 1; zeros < 10; ++zeros) {
    const std::string longer = std::string(zeros, static_cast<char>(0x80)) + std::string(1, 0);
    ByteReader reader(longer);
    EXPECT_EQ(reader.varint(), 0u) << "in more bytes than it needs";
    EXPECT_TRUE(reader.done());
  }
}

TEST(Gzip, RoundTripsAndJoinsMembers) {
  const std::string text(100'000, 'x');
  EXPECT_EQ(gunzip(gzip(text), text.size()).value(), text);
  EXPECT_EQ(gunzip(gzip("one") + gzip("two"), 100).value(), "onetwo");
}

TEST(Gzip, RefusesABombADamagedBodyAndACutOne) {
  const std::string bomb = gzip(std::string(10'000'000, '\0'));
  EXPECT_EQ(gunzip(bomb, 1'000'000).error().kind(), Error::Kind::kLimit);
  std::string damaged = gzip("some text that is long enough to be packed");
  EXPECT_EQ(gunzip(damaged.substr(0, damaged.size() - 9), 1000).error().kind(),
            Error::Kind::kCorrupt);
  damaged[12] = static_cast<char>(damaged[12] ^ 0x55);
  EXPECT_EQ(gunzip(damaged, 1000).error().kind(), Error::Kind::kCorrupt);
  EXPECT_EQ(gunzip("", 10).error().kind(), Error::Kind::kCorrupt);
}

}  // namespace
}  // namespace phlox
