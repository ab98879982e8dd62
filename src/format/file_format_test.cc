#include "format/file_format.h"

#include <gtest/gtest.h>

#include "base/gzip.h"
#include "format/folded.h"
#include "format/pprof.h"

namespace phlox::format {
namespace {

FileFormat format_of(std::string_view bytes) { return recognize(bytes).value(); }

TEST(FileFormat, IsToldByContent) {
  const auto profile = decode_folded("main;foo 75", {"cpu", "nanoseconds"}).value();
  const std::string pprof = encode_pprof(profile);
  EXPECT_EQ(format_of(pprof), FileFormat::kPprof);
  EXPECT_EQ(format_of(" {\n\"shared\": {}}"), FileFormat::kSpeedscope);
  EXPECT_EQ(format_of("{\"meta\":{\"preprocessedProfileVersion\":57}}"), FileFormat::kFirefox);
  EXPECT_EQ(format_of("\ntid:12;a.py:f:1;<native> 5"), FileFormat::kPythonCollapsed);
  EXPECT_EQ(format_of("# austin: 3.7.0\n# mode: wall\n"), FileFormat::kAustin);
  EXPECT_EQ(format_of("\nP1;T0:1;/a.py:f:1 5\n"), FileFormat::kAustin);
  EXPECT_EQ(format_of("# ========\n\npython3 1 2.345: 10 cpu-clock: \n\t1 f (/x)\n"),
            FileFormat::kPerfScript);
  EXPECT_EQ(format_of("# ========\n# cmdline : python -c import shop\nshop.run()\n# ========\n"),
            FileFormat::kPerfScript);
  EXPECT_EQ(format_of("   python3 1/2 [000] 2.345: 10 cycles:u:  1 f (/x)\n"),
            FileFormat::kPerfScript);
}

TEST(FileFormat, IsFoldedStacksOtherwise) {
  EXPECT_EQ(format_of("main;foo 75"), FileFormat::kFolded);
  EXPECT_EQ(format_of("{lambda};foo 75"), FileFormat::kFolded);
  EXPECT_EQ(format_of("Pool;Thread:1 75"), FileFormat::kFolded);
  EXPECT_EQ(format_of("python 1 2 75"), FileFormat::kFolded);
  EXPECT_EQ(format_of("MOJ 75"), FileFormat::kFolded);
  EXPECT_EQ(format_of("tid:x;f 75"), FileFormat::kFolded);
  EXPECT_EQ(format_of("\n"), FileFormat::kFolded);
}

TEST(FileFormat, SaysWhatToDoWithFilesThatAnotherProgramReads) {
  EXPECT_EQ(recognize("PERFILE2\x01").error().message(),
            "this is perf.data; send what `perf script -i FILE` writes");
  EXPECT_EQ(recognize(std::string_view("MOJ\x03\0\x01", 6)).error().message(),
            "this is austin's binary format; send what `mojo2austin` makes of it");
  const auto begins = [](std::string_view bytes, std::string_view message) {
    EXPECT_TRUE(recognize(bytes).error().message().starts_with(message)) << bytes;
  };
  begins({"HCAT\x01\0\0\0", 8}, "this is the binary file of CPython's sampler; send what");
  // As cProfile of CPython 3.11 and an old marshal write the first key.
  begins({"\xfb)\x03\xfa\x08<string>\xe9\x01\0\0\0", 18}, "these are statistics of Python");
  begins({"{(\x03\0\0\0", 6}, "these are statistics of Python");
  begins("\n<!DOCTYPE html><title>Tachyon</title>", "this is a web page");
}

}  // namespace
}  // namespace phlox::format
