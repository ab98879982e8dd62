#include "format/profile_file.h"

#include <gtest/gtest.h>

#include "base/gzip.h"
#include "format/folded.h"
#include "format/pprof.h"

namespace phlox::format {
namespace {

const WallTime kNow = from_unix_ms(1767571200000);

FileReading reading_of(std::string_view type = profile::kProcessCpu) {
  FileReading reading;
  reading.type = profile::ProfileType::parse(type).value();
  reading.now = kNow;
  return reading;
}

TEST(ProfileFile, TakesGzipOffAnyFormat) {
  for (const std::string& bytes : {std::string("main;foo 75"), gzip("main;foo 75")}) {
    const auto file = read_profile_file(bytes, reading_of());
    ASSERT_TRUE(file) << file.error().message();
    EXPECT_EQ(file->format, FileFormat::kFolded);
    EXPECT_EQ(file->name, "process_cpu");
    EXPECT_EQ(encode_folded(file->profile).value(), "main;foo 750000000\n");
    EXPECT_EQ(file->profile.start, kNow - std::chrono::seconds(10));
    EXPECT_EQ(file->profile.duration, std::chrono::seconds(10));
  }
}

TEST(ProfileFile, BelievesAPprofAndTheReaderMore) {
  auto profile = decode_folded("main;foo 75", {"wall", "nanoseconds"}).value();
  profile.start = kNow - std::chrono::hours(2);
  profile.duration = std::chrono::seconds(30);
  FileReading reading = reading_of();
  const auto file = read_profile_file(encode_pprof(profile), reading);
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(file->name, "wall");
  EXPECT_EQ(file->profile.start, profile.start);
  reading.from = kNow - std::chrono::hours(1);
  reading.until = kNow;
  const auto told = read_profile_file(encode_pprof(profile), reading);
  EXPECT_EQ(told->profile.duration, std::chrono::hours(1));
  reading.until = reading.from;
  EXPECT_EQ(read_profile_file(encode_pprof(profile), reading).error().message(),
            "from is not before until");
}

TEST(ProfileFile, WeighsSamplesByTheRate) {
  FileReading reading = reading_of("wall:wall:nanoseconds:wall:nanoseconds");
  reading.rate_hz = 1000;
  const auto file = read_profile_file("tid:1;a.py:f:1 5", reading);
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(file->name, "wall");
  EXPECT_EQ(encode_folded(file->profile).value(), "f (a.py:1) 5000000\n");
  reading.is_samples = false;
  EXPECT_EQ(encode_folded(read_profile_file("f 5", reading)->profile).value(), "f 5\n");
  reading.is_samples = true;
  EXPECT_EQ(read_profile_file("f 9007199254740992", reading).error().message(),
            "a value times 1000000 ns is over 2^53");
}

TEST(ProfileFile, RefusesNothingAndTooMuch) {
  EXPECT_EQ(read_profile_file("", reading_of()).error().message(), "the file is empty");
  const std::string bomb = gzip(std::string(kMaxFileBytes + 1, '\n'));
  EXPECT_EQ(read_profile_file(bomb, reading_of()).error().kind(), Error::Kind::kLimit);
}

}  // namespace
}  // namespace phlox::format
