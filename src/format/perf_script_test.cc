#include "format/perf_script.h"

#include <gtest/gtest.h>

#include "format/folded.h"

namespace phlox::format {
namespace {

std::string error_of_perf_script(std::string_view text) {
  const auto profile = decode_perf_script(text);
  return profile ? "no error" : profile.error().message();
}

profile::FunctionKind kind_of_leaf(const profile::Profile& profile, std::size_t sample) {
  const auto& symbols = profile.symbols;
  const auto frame = symbols.stack(profile.stacks[sample]).frame;
  return symbols.function(symbols.frame(frame).function).kind;
}

// perf 6.1: perf record -F 99 -e cpu-clock -g, perf script.
constexpr std::string_view kCallGraphs =
    "python3 28288 32649.367475:   10101010 cpu-clock: \n"
    "\tffffffff817972cc call_filldir+0x7c ([kernel.kallsyms])\n"
    "\t           d0043 __GI___getdents64+0x13 (/usr/lib/x86_64-linux-gnu/libc.so.6)\n"
    "\t               0 [unknown] ([unknown])\n"
    "\n"
    "python3 28288 32649.382441:   10101010 cpu-clock: \n"
    "\t          12b1be _PyEval_EvalFrameDefault+0xce (/usr/bin/python3.11)\n"
    "\t    7f68594fb080 py::Shop.foo:/srv/shop app.py+0x8 (/tmp/perf-28288.map)\n"
    "\n"
    "python worker 7 28288/28290 [001] 32650.367475:   10101010 cpu-clock: \n"
    "\t          12b1dd _PyEval_EvalFrameDefault+0xed (/usr/bin/python3.11)\n"
    "\t    7f68594fb080 py::Shop.foo:/srv/shop app.py+0x8 (/tmp/perf-28288.map)\n"
    "\n";

TEST(PerfScript, ReadsStacksOfAClockAsCpuTime) {
  const auto profile = decode_perf_script(kCallGraphs);
  ASSERT_TRUE(profile) << profile.error().message();
  EXPECT_EQ(profile->sample_types, (std::vector<profile::ValueType>{{"cpu", "nanoseconds"}}));
  EXPECT_EQ(profile->period, 10'101'010);
  EXPECT_EQ(profile->duration, std::chrono::seconds(1));
  EXPECT_EQ(encode_folded(*profile).value(),
            "Shop.foo (/srv/shop app.py:0);_PyEval_EvalFrameDefault 20202020\n"
            "[unknown];__GI___getdents64;call_filldir 10101010\n");
}

TEST(PerfScript, TellsKernelNativeAndPythonCodeApart) {
  const auto profile = decode_perf_script(kCallGraphs).value();
  EXPECT_EQ(kind_of_leaf(profile, 0), profile::FunctionKind::kKernel);
  EXPECT_EQ(kind_of_leaf(profile, 1), profile::FunctionKind::kNative);
  const auto& symbols = profile.symbols;
  const auto caller = symbols.frame(symbols.stack(symbols.stack(profile.stacks[1]).parent).frame);
  EXPECT_EQ(symbols.function(caller.function).kind, profile::FunctionKind::kPython);
}

TEST(PerfScript, KeepsTheCommandAsALabel) {
  const auto profile = decode_perf_script(kCallGraphs).value();
  EXPECT_EQ(profile.label_sets.at(profile.label_set_of[1]).get("comm"), "python3");
  EXPECT_EQ(profile.label_sets.at(profile.label_set_of[2]).get("comm"), "python worker 7");
}

TEST(PerfScript, ReadsSingleFramesAndPassesOverWhatIsNoSample) {
  const auto profile = decode_perf_script(
      "# ========\n"
      "# captured on    : Wed Nov 25 23:03:57 2026\n"
      "# cmdline : /usr/bin/perf record -- python3 -c import shop\n"
      "\tshop.run()\n"
      "# ========\n"
      "#\n"
      "swapper     0     0.000000: PERF_RECORD_MMAP -1/0: [0x0(0x1) @ 0]: x [vdso]\n"
      "         python3 30406 32681.351203456:   300 cycles:uH:            52f2fd foo(int) "
      "const+0x4d (/usr/lib/libshop.so (deleted))\n"
      "         python3 30406 32681.351203457:   200 cycles:u:            52f2fd operator() "
      "(inlined)\n"
      "         python3 30406 32681.351203458:   100 cycles:            52f2fd foo(int)\n"
      "         python3 30406 32681.351203458:   7 cycles:            52f2fd\n"
      "         python3 30406 32681.351203458:   5 cycles: \n"
      "         python3 30406 32681.351203458:   3 cycles:    1 py::detail::foo+0x1 (/x.so)\n");
  ASSERT_TRUE(profile) << profile.error().message();
  EXPECT_EQ(profile->sample_types, (std::vector<profile::ValueType>{{"cycles", "count"}}));
  EXPECT_EQ(profile->duration, Nanoseconds(2));
  EXPECT_EQ(encode_folded(*profile).value(),
            "[unknown] 12\nfoo(int) 100\nfoo(int) const 300\noperator() 200\npy::detail::foo 3\n");
}

TEST(PerfScript, ReadsTracepoints) {
  const auto profile = decode_perf_script(
      "sleep 30424 [000] 32684.092028:          1 sched:sched_switch: prev_comm=sleep next_pid=0\n"
      "\tffffffff821f8c03 schedule+0x23 ([kernel.kallsyms])\n"
      "\n"
      "sleep 30424 [000] 32684.092029:          1 sched:sched_switch: prev_comm=sleep next_pid=0\n"
      "\tffffffff821f8c03 schedule+0x23 ([kernel.kallsyms])\n");
  ASSERT_TRUE(profile) << profile.error().message();
  EXPECT_EQ(profile->sample_types,
            (std::vector<profile::ValueType>{{"sched.sched_switch", "count"}}));
  EXPECT_EQ(encode_folded(*profile).value(), "schedule 2\n");
}

TEST(PerfScript, NamesTheLineOfEveryFault) {
  const std::string head = "python3 28288 32649.367475:   10101010 cpu-clock: \n";
  const std::string form =
      "expected '<command> <pid> <seconds>: <period> <event>:', what `perf script` writes without "
      "--fields";
  EXPECT_EQ(error_of_perf_script(""), "perf script: there is no sample");
  EXPECT_EQ(error_of_perf_script("# ========\n" + head), "perf script: there is no sample");
  EXPECT_EQ(error_of_perf_script(head + "# ========\n"), "perf script, line 2: " + form);
  EXPECT_EQ(error_of_perf_script("main;foo 75"), "perf script, line 1: " + form);
  EXPECT_EQ(error_of_perf_script("python3 28288 10101010 cpu-clock:\n"),
            "perf script, line 1: " + form);
  EXPECT_EQ(error_of_perf_script("\t1009c7 foo (/bin/x)\n"),
            "perf script, line 1: a frame that belongs to no sample");
  EXPECT_EQ(error_of_perf_script(head + "\tfoo (/bin/x)\n"),
            "perf script, line 2: frame 'foo (/bin/x)' is not '<address> <symbol> (<file>)'");
  EXPECT_EQ(error_of_perf_script("python3 1 2.3: 4 cpu-clock: what is this\n"),
            "perf script, line 1: frame 'what is this' is not '<address> <symbol> (<file>)'");
  EXPECT_EQ(error_of_perf_script(head + "\n" + "python3 28288 32649.367475:   1 page-faults: \n"),
            "perf script, line 3: event 'page-faults' after event 'cpu-clock'; record one a file");
  EXPECT_EQ(error_of_perf_script("python3 28288 32649.367475: cpu-clock: \n"),
            "perf script, line 1: the sample has no period; write it with `perf script -F "
            "+period`");
  EXPECT_EQ(error_of_perf_script("python3 28288 32649.367475: 9007199254740993 cycles: \n"),
            "perf script, line 1: value 9007199254740993 is over 2^53");
  EXPECT_EQ(error_of_perf_script(head + "\t1 \xff (/x)"), "perf script, line 2: not UTF-8");
}

}  // namespace
}  // namespace phlox::format
