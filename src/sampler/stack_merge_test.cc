#include "sampler/stack_merge.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

namespace phlox::sampler {
namespace {

using cpython::RawFrame;
using cpython::RawFrameKind;

// Stacks as words, leaf first. Native: functions, "loop" is CPython's; "..." at the end: it goes on
// and is not known. Python: functions, "@2" an address inside of the third native frame, "gc",
// "task".
class MergeStacks : public testing::Test {
 protected:
  std::string merge(const std::string& python_words, const std::string& native_words,
                    LoopsBy loops) {
    native::Stack native{.frames = {}, .is_complete = true};
    for (const std::string& word : words(native_words)) {
      const std::uint64_t from = address_in(native.frames.size());
      if (word == "...") {
        native.is_complete = false;
        break;
      }
      native.frames.push_back({functions_.intern(symbol_of(word), "module"), from, from + 16});
    }
    std::vector<RawFrame> python;
    for (const std::string& word : words(python_words)) python.push_back(python_frame(word));
    std::vector<RawFrame> merged;
    merge_stacks(python, native, {}, functions_, loops, merged);
    return text_of(merged);
  }

  static std::vector<std::string> words(const std::string& text) {
    std::istringstream stream(text);
    return {std::istream_iterator<std::string>(stream), {}};
  }
  static std::string symbol_of(const std::string& word) {
    if (word == "loop") return "_PyEval_EvalFrameDefault";
    return word == "vector" ? "_PyEval_Vector" : word;
  }
  static std::uint64_t address_in(std::size_t frame) { return 0x1000 + frame * 16; }

  RawFrame python_frame(const std::string& word) {
    if (word == "gc") return {.kind = RawFrameKind::kCollection};
    if (word == "task") return {.kind = RawFrameKind::kTask};
    if (word[0] == '@')
      return {.code = process::RemoteAddress{address_in(std::stoul(word.substr(1))) + 8},
              .kind = RawFrameKind::kLoop};
    names_.push_back(word);
    return {.code = process::RemoteAddress{names_.size() - 1}};
  }

  std::string text_of(std::span<const RawFrame> frames) const {
    std::string text;
    for (const RawFrame& frame : frames) {
      const std::uint64_t code = to_number(frame.code);
      std::string word = "gc";
      if (frame.kind == RawFrameKind::kTask) word = "task";
      if (frame.kind == RawFrameKind::kPython) word = names_[code];
      if (frame.kind == RawFrameKind::kNative)
        word = "C:" + functions_[static_cast<native::FunctionId>(code)].name;
      if (frame.kind == RawFrameKind::kLoop) word = "LOOP";
      text += (text.empty() ? "" : " ") + word;
    }
    return text;
  }

  native::Functions functions_;
  std::vector<std::string> names_;
};

constexpr const char* kLoopName = "C:_PyEval_EvalFrameDefault";

TEST_F(MergeStacks, PythonFramesStandWhereTheirLoopDoes) {
  EXPECT_EQ(merge("pack handle @2 module @4", "deflate compress loop map loop main start",
                  LoopsBy::kAddress),
            "C:deflate C:compress pack handle C:map module");
  EXPECT_EQ(merge("pack handle module", "deflate loop loop map loop main", LoopsBy::kCount),
            "C:deflate pack handle C:map module");
}

TEST_F(MergeStacks, TheLoopOfPython2IsAnother) {
  constexpr auto kLoops = LoopsBy::kCountOfPython2;
  EXPECT_EQ(merge("pack handle module",
                  "deflate PyEval_EvalFrameEx fast_function PyEval_EvalFrameEx PyEval_EvalCodeEx "
                  "function_call map PyEval_EvalFrameEx main",
                  kLoops),
            "C:deflate pack handle C:function_call C:map module");
  EXPECT_EQ(merge("module", "sort PyEval_EvalFrameEx call PyEval_EvalFrameEx ...", kLoops),
            "C:sort module");
  EXPECT_EQ(merge("key module", "compare loop PyEval_EvalFrameEx sort loop main", LoopsBy::kCount),
            "C:compare key C:sort module");
  EXPECT_EQ(loops_by(*cpython::layout_of(7, 2)), kLoops);
  EXPECT_EQ(loops_by(*cpython::layout_of(7)), LoopsBy::kCount);
  EXPECT_EQ(loops_by(*cpython::layout_of(11)), LoopsBy::kAddress);
}

TEST_F(MergeStacks, WhatMakesAFrameForPythonIsNoCall) {
  EXPECT_EQ(
      merge("key @1 module @4", "compare loop vector sort loop vector main", LoopsBy::kAddress),
      "C:compare key C:sort module");
}

TEST_F(MergeStacks, ALoopWithoutPythonFramesIsNative) {
  EXPECT_EQ(merge("module @2", "loop sort loop main", LoopsBy::kAddress),
            std::string(kLoopName) + " C:sort module");
  EXPECT_EQ(merge("module", "loop sort loop main", LoopsBy::kCount),
            std::string(kLoopName) + " C:sort module");
}

TEST_F(MergeStacks, WhatIsNotUnwoundLeavesPythonWhole) {
  EXPECT_EQ(merge("key @1 module @9", "compare loop sort ...", LoopsBy::kAddress),
            "C:compare key C:sort module");
  EXPECT_EQ(merge("key @5 module @9", "compare ...", LoopsBy::kAddress), "C:compare key module");
  EXPECT_EQ(merge("key @5 module @9", "...", LoopsBy::kAddress), "key module");
  EXPECT_EQ(merge("key module", "compare loop sort ...", LoopsBy::kCount), "C:compare key module");
}

TEST_F(MergeStacks, LoopsThatDoNotMatchAreNotCounted) {
  EXPECT_EQ(merge("key module", "compare loop sort loop call loop call loop main", LoopsBy::kCount),
            "C:compare key module");
  EXPECT_EQ(merge("key inner module", "compare loop sort loop main", LoopsBy::kCount),
            "C:compare key inner module");
}

TEST_F(MergeStacks, AStackElsewhereIsNotMixedIn) {
  EXPECT_EQ(merge("key @50 module @51", "compare loop main", LoopsBy::kAddress), "key module");
}

TEST_F(MergeStacks, FramesWhoseLoopIsNotToldFollowWhatIsCalledBeforeTheNextOne) {
  EXPECT_EQ(merge("generator", "compare loop sort loop main", LoopsBy::kAddress),
            "C:compare generator");
  EXPECT_EQ(merge("key @1 deep deeper", "compare loop sort loop main", LoopsBy::kAddress),
            "C:compare key C:sort deep deeper");
}

TEST_F(MergeStacks, ACollectionIsCalledByTheFrameBelowIt) {
  EXPECT_EQ(merge("gc make @1", "gc_collect loop main", LoopsBy::kAddress), "C:gc_collect gc make");
  EXPECT_EQ(merge("gc make", "gc_collect loop main", LoopsBy::kCount), "C:gc_collect gc make");
}

TEST_F(MergeStacks, ATaskStandsRightBelowItsCoroutine) {
  EXPECT_EQ(merge("fetch task @1 run @3", "recv loop task_step loop main", LoopsBy::kAddress),
            "C:recv fetch task C:task_step run");
  EXPECT_EQ(merge("fetch task run", "recv loop task_step loop main", LoopsBy::kCount),
            "C:recv fetch task C:task_step run");
}

TEST_F(MergeStacks, AThreadOfNoPythonIsNative) {
  EXPECT_EQ(merge("", "wait run start", LoopsBy::kAddress), "C:wait C:run C:start");
}

}  // namespace
}  // namespace phlox::sampler
