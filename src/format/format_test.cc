#include <gtest/gtest.h>

#include <rapidcheck.h>

#include "base/gzip.h"
#include "base/varint.h"
#include "format/folded.h"
#include "format/pprof.h"
#include "format/testing.h"

namespace phlox::format {
namespace {

using profile::Profile;

Profile folded(std::string_view text) {
  auto profile = decode_folded(text, kCpu);
  if (!profile) throw std::runtime_error(profile.error().message());
  return std::move(*profile);
}

std::string error_of_folded(std::string_view text) {
  const auto profile = decode_folded(text, kCpu);
  return profile ? "no error" : profile.error().message();
}

TEST(Folded, ReadsFilesAndLinesAndWritesThemBack) {
  const std::string text = "main (app.py:3);foo (app.py:10) 75\nmain (app.py:4);bar 25\n";
  const Profile profile = folded(text);
  EXPECT_EQ(profile.sample_count(), 2u);
  EXPECT_EQ(encode_folded(profile).value(),
            "main (app.py:3);foo (app.py:10) 75\nmain (app.py:4);bar 25\n");
}

TEST(Folded, AddsEqualStacksAndPassesOverBlankLines) {
  EXPECT_EQ(encode_folded(folded("a;b 1\n\n  \r\na;b 2\r\n")).value(), "a;b 3\n");
}

TEST(Folded, KeepsSpacesInNames) {
  EXPECT_EQ(encode_folded(folded("operator new(unsigned long) 7")).value(),
            "operator new(unsigned long) 7\n");
}

TEST(Folded, NamesTheLineOfEveryFault) {
  EXPECT_EQ(error_of_folded("a 1\nb"),
            "folded stacks, line 2: no value after the stack; expected 'root;leaf 42'");
  EXPECT_EQ(error_of_folded("a x"), "folded stacks, line 1: 'x' is not a whole number");
  EXPECT_EQ(error_of_folded("a -1"), "folded stacks, line 1: value -1 is negative");
  EXPECT_EQ(error_of_folded("a 9007199254740993"),
            "folded stacks, line 1: value 9007199254740993 is over 2^53");
  EXPECT_EQ(error_of_folded("a 99999999999999999999"),
            "folded stacks, line 1: value '99999999999999999999' is over 2^53");
  EXPECT_EQ(error_of_folded("a;;b 1"), "folded stacks, line 1: an empty frame");
  EXPECT_EQ(error_of_folded("\xff 1"), "folded stacks, line 1: not UTF-8");
}

TEST(Pprof, RoundTripsEverythingThatAProfileHolds) {
  Profile profile =
      folded("main (/srv/app.py:3);foo (/srv/app.py:10) 75\nmain (/srv/app.py:4);[gc] 25");
  profile.start = from_unix_ns(1'700'000'000'123'456'789);
  profile.duration = std::chrono::seconds(10);
  profile.period_type = kCpu;
  profile.period = 10'000'000;
  profile.label_sets.push_back(profile::Labels::from_pairs({{"endpoint", "/foo"}}).value());
  const std::int64_t value = 5;
  profile.add_sample(profile.stacks[0], {&value, 1}, 1);

  const Profile back = decode_pprof(gzip(encode_pprof(profile))).value();
  EXPECT_EQ(back.start, profile.start);
  EXPECT_EQ(back.duration, profile.duration);
  EXPECT_EQ(back.period, profile.period);
  EXPECT_EQ(back.period_type, profile.period_type);
  EXPECT_EQ(back.sample_types, profile.sample_types);
  EXPECT_EQ(back.label_sets.at(back.label_set_of.at(2)).get("endpoint"), "/foo");
  EXPECT_EQ(encode_folded(back).value(), encode_folded(profile).value());
  EXPECT_EQ(encode_pprof(back), encode_pprof(profile));
}

TEST(Pprof, RandomStacksComeBackEqual) {
  EXPECT_TRUE(
      rc::check("pprof round trip", [](const std::vector<std::vector<std::uint8_t>>& stacks) {
        std::string text;
        for (const auto& stack : stacks) {
          std::string line = "root";
          for (const auto frame : stack)
            line += fmt::format(";f{} (m{}.py:{})", frame % 16, frame % 3, frame);
          text += fmt::format("{} {}\n", line, stack.size() + 1);
        }
        if (text.empty()) return;
        const Profile profile = folded(text);
        RC_ASSERT(encode_folded(decode_pprof(encode_pprof(profile)).value()).value() ==
                  encode_folded(profile).value());
        const auto hashed = decode_hashed_pprof(encode_pprof(profile)).value();
        const Profile all = interned(hashed);
        RC_ASSERT(encode_folded(all).value() == encode_folded(profile).value());
        const auto hashes = profile::stack_hashes(all.symbols);
        for (std::size_t i = 0; i < hashed.stacks.size(); ++i)
          RC_ASSERT(hashed.source->hash(hashed.stacks[i]) ==
                    hashes[profile::index_of(all.stacks[i])]);
      }));
}

TEST(Pprof, EveryCutIsRefusedOrLeavesAnOrderlyProfile) {
  const std::string bytes = encode_pprof(folded("main;foo 75\nmain;bar 25"));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto profile = decode_pprof(std::string_view(bytes).substr(0, size));
    if (profile) {
      EXPECT_TRUE(encode_folded(*profile)) << size;
    } else {
      EXPECT_TRUE(profile.error().message().starts_with("pprof")) << size;
    }
  }
}

// Bytes of a field whose value is a message or a string.
std::string field(int number, std::string_view content) {
  return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(content.size())} +
         std::string(content);
}
std::string number(int field_number, char value) {
  return {static_cast<char>(field_number << 3), value};
}

const std::string kStrings =
    field(6, "") + field(6, "cpu") + field(6, "nanoseconds") + field(6, "foo");
const std::string kHeader = field(1, number(1, 1) + number(2, 2)) + kStrings;
const std::string kFunctionFoo = field(5, number(1, 1) + number(2, 3));
const std::string kLocationFoo = field(4, number(1, 1) + field(4, number(1, 1)));

std::string error_of_pprof(std::string_view bytes, const PprofLimits& limits = {}) {
  const auto profile = decode_pprof(bytes, limits);
  return profile ? "no error" : profile.error().message();
}

TEST(Pprof, UnpackedRepeatedNumbersAreRead) {
  const auto profile =
      decode_pprof(kHeader + kFunctionFoo + kLocationFoo + field(2, number(1, 1) + number(2, 9)));
  ASSERT_TRUE(profile) << profile.error().message();
  EXPECT_EQ(encode_folded(*profile).value(), "foo 9\n");
}

// Ids of one byte, of two and of more are read in different ways, four at once where they can.
TEST(Pprof, LocationIdsOfAnySizeAreFound) {
  const std::vector<std::uint64_t> ids = {
      1, 2, 127, 128, 129, 16383, 16384, 1 << 20, 1 << 21, 1 << 30, std::uint64_t{1} << 40};
  const auto varint = [](std::uint64_t value) {
    std::string out;
    append_varint(out, value);
    return out;
  };
  const auto line = [](std::size_t at) {
    return field(4, number(1, 1) + number(2, static_cast<char>(at + 1)));
  };
  std::string tables = kHeader + field(5, number(1, 1) + number(2, 3) + number(4, 3));
  for (std::size_t i = 0; i < ids.size(); ++i)
    tables += field(4, number(1, 0).substr(0, 1) + varint(ids[i]) + line(i));
  tables += field(4, number(1, 100) + line(20) + line(21));  // an inlined call
  EXPECT_TRUE(rc::check("location ids", [&] {
    // In runs, as they are in profiles.
    std::string packed;
    std::string expected;
    for (int runs = *rc::gen::inRange(1, 6); runs > 0; --runs) {
      const std::size_t one = *rc::gen::inRange<std::size_t>(0, ids.size() + 1);
      const bool is_same = *rc::gen::arbitrary<bool>();
      for (int length = *rc::gen::inRange(1, 12); length > 0 && packed.size() < 100; --length) {
        const std::size_t at = is_same ? one : *rc::gen::inRange<std::size_t>(0, ids.size());
        packed += varint(at < ids.size() ? ids[at] : 100);
        const auto frame = [&](std::size_t row) {
          expected.insert(0, fmt::format(";foo (foo:{})", row + 1));
        };
        frame(at < ids.size() ? at : 20);
        if (at == ids.size()) frame(21);
      }
    }
    const std::string sample = field(2, field(1, packed) + number(2, 7));
    const auto profile = decode_pprof(tables + sample);
    RC_ASSERT(profile.has_value());
    RC_ASSERT(encode_folded(*profile).value() == expected.substr(1) + " 7\n");
    const auto hashed = decode_hashed_pprof(tables + sample);
    RC_ASSERT(encode_folded(interned(hashed.value())).value() == expected.substr(1) + " 7\n");
    const auto unknown = field(2, field(1, packed + varint(3)) + number(2, 7));
    RC_ASSERT(error_of_pprof(tables + unknown) == "pprof: sample 0: location id 3 is not defined");
  }));
}

TEST(Pprof, NamesThePlaceOfEveryFault) {
  EXPECT_EQ(error_of_pprof(""), "pprof: empty");
  EXPECT_EQ(error_of_pprof(kStrings), "pprof: no sample type");
  EXPECT_EQ(error_of_pprof(field(1, number(1, 9)) + kStrings),
            "pprof: sample type: string 9 of a table of 4");
  const std::string tables = kHeader + kFunctionFoo + kLocationFoo;
  EXPECT_EQ(error_of_pprof(tables + field(2, number(1, 7) + number(2, 1))),
            "pprof: sample 0: location id 7 is not defined");
  EXPECT_EQ(error_of_pprof(tables + field(2, number(1, 1))),
            "pprof: sample 0: 0 values for 1 sample types");
  EXPECT_EQ(error_of_pprof(tables + kLocationFoo), "pprof: location id 1 is 0 or given twice");
  EXPECT_EQ(error_of_pprof(kHeader + kLocationFoo),
            "pprof: location 1: function id 1 is not defined");
  EXPECT_EQ(error_of_pprof(kHeader + field(6, "\xff")), "pprof: string 4 is not UTF-8");
  EXPECT_EQ(error_of_pprof(kHeader + field(6, std::string(40, 'a') + "\xff" + "b") + field(6, "c")),
            "pprof: string 4 is not UTF-8");
  const std::string minus_one = "\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
  EXPECT_EQ(error_of_pprof(tables + field(2, number(1, 1) + minus_one)),
            "pprof: sample 0: value -1 is negative");
  EXPECT_EQ(error_of_pprof("not a profile").substr(0, 6), "pprof:");
  // Fields that end behind what they are in: the message, or the location.
  for (const std::string& cut :
       {field(5, number(1, 1)).substr(0, 3), std::string("\x22\xff\xff\xff\x7f"),
        std::string("\x2a\x80"), std::string("\x22\x02\x08\x80"),
        std::string("\x22\x04\x08\x01\x22\x08")})
    EXPECT_TRUE(error_of_pprof(kHeader + cut).starts_with("pprof: not a protobuf message"))
        << cut.size();
}

TEST(Pprof, AFieldOfAnotherWireTypeIsRefused) {
  const std::string fixed64 = "\x49" + std::string(8, 'x');  // field 9, time_nanos, as fixed64
  EXPECT_TRUE(error_of_pprof(kHeader + fixed64).starts_with("pprof: not a protobuf message"));
  const std::string sample = "\x10\x01";  // field 2, a sample, as a number
  EXPECT_TRUE(error_of_pprof(kHeader + sample).starts_with("pprof: not a protobuf message"));
}

// A number may be written with more bytes than it needs, the key of a field too.
TEST(Pprof, AKeyWithBytesToSpareIsRead) {
  std::string location = kLocationFoo;
  location.replace(0, 1, std::string("\xa2\x00", 2));
  std::string sample = field(2, number(1, 1) + number(2, 9));
  sample.replace(0, 1, std::string("\x92\x00", 2));
  const auto profile = decode_pprof(kHeader + kFunctionFoo + location + sample);
  ASSERT_TRUE(profile) << profile.error().message();
  EXPECT_EQ(encode_folded(*profile).value(), "foo 9\n");
  EXPECT_TRUE(error_of_pprof(kHeader + "\xa2").starts_with("pprof: not a protobuf message"));
}

TEST(Pprof, LimitsAreKept) {
  const std::string sample = field(2, number(1, 1) + number(2, 1));
  const std::string bytes = kHeader + kFunctionFoo + kLocationFoo + sample + sample;
  EXPECT_EQ(error_of_pprof(bytes, {.max_samples = 1}), "pprof: 2 samples, at most 1");
  EXPECT_EQ(error_of_pprof(bytes, {.max_unpacked_bytes = 8}).substr(0, 7), "pprof: ");
  EXPECT_EQ(error_of_pprof(gzip(std::string(1 << 20, '\0')), {.max_unpacked_bytes = 1000}),
            "pprof: gzip: unpacks to more than 1000 bytes");
}

TEST(Pprof, DeepStacksKeepTheLeafBelowTruncated) {
  std::string line = "f0";
  for (int i = 1; i < 600; ++i) line += fmt::format(";f{}", i);
  const std::string out =
      encode_folded(decode_pprof(encode_pprof(folded(line + " 1"))).value()).value();
  EXPECT_TRUE(out.starts_with("[truncated];f88;"));
  const auto hashed = decode_hashed_pprof(encode_pprof(folded(line + " 1"))).value();
  EXPECT_EQ(encode_folded(interned(hashed)).value(), out);
  EXPECT_TRUE(out.ends_with(";f599 1\n"));
}

}  // namespace
}  // namespace phlox::format
