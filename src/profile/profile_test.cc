#include <gtest/gtest.h>

#include "profile/function_kind.h"
#include "profile/labels.h"
#include "profile/profile_type.h"
#include "profile/sum.h"
#include "profile/symbols.h"

namespace phlox::profile {
namespace {

TEST(Labels, AreSortedAndPrintAsASelector) {
  const Labels labels =
      Labels::from_pairs({{"pod", "a\"b"}, {"env", "x\\y"}, {"gone", ""}}).value();
  EXPECT_EQ(labels.to_string(), R"({env="x\\y",pod="a\"b"})");
  EXPECT_EQ(labels.get("pod"), "a\"b");
  EXPECT_EQ(labels.get("gone"), "");
}

TEST(Labels, SetReplacesAndKeepsTheOrder) {
  Labels labels;
  labels.set("b", "1");
  labels.set("a", "2");
  labels.set("b", "3");
  EXPECT_EQ(labels.to_string(), R"({a="2",b="3"})");
  labels.remove("a");
  EXPECT_EQ(labels.to_string(), R"({b="3"})");
}

TEST(Labels, FaultsNameTheLabel) {
  EXPECT_EQ(Labels::from_pairs({{"a", "1"}, {"a", "2"}}).error().message(),
            "label 'a' is given twice");
  EXPECT_EQ(Labels::from_pairs({{"", "1"}}).error().message(),
            "a label has an empty name (value '1')");
  EXPECT_EQ(Labels::from_pairs({{"a", std::string(2049, 'x')}}).error().message(),
            "label 'a': value of 2049 bytes, at most 2048");
  EXPECT_EQ(Labels::from_pairs({{"a", "\xff"}}).error().message(), "a label is not UTF-8");
  std::vector<Labels::Pair> many;
  for (int i = 0; i < 31; ++i) many.emplace_back(fmt::format("l{}", i), "x");
  EXPECT_EQ(Labels::from_pairs(many).error().message(), "31 labels, at most 30");
}

TEST(ProfileType, ParsesItsFiveParts) {
  const ProfileType type = ProfileType::parse(kProcessCpu).value();
  EXPECT_EQ(type.name, "process_cpu");
  EXPECT_EQ(type.sample.unit, "nanoseconds");
  EXPECT_EQ(type.to_string(), kProcessCpu);
  EXPECT_FALSE(type.is_gauge());
  EXPECT_TRUE(ProfileType::parse("memory:inuse_space:bytes:space:bytes")->is_gauge());
  EXPECT_TRUE(ProfileType::parse("block:delay:nanoseconds::"));
  EXPECT_FALSE(ProfileType::parse("cpu"));
  EXPECT_FALSE(ProfileType::parse("a:b:c:d:e:f"));
  EXPECT_FALSE(ProfileType::parse(":b:c:d:e"));
}

TEST(Sum, IsExactBeyond64Bits) {
  Sum sum;
  for (int i = 0; i < 4; ++i) sum += INT64_MAX;
  EXPECT_FALSE(sum.to_int64());
  for (int i = 0; i < 3; ++i) sum += -INT64_MAX;
  EXPECT_EQ(sum.to_int64().value(), INT64_MAX);
}

TEST(FunctionKind, IsToldFromNamesAndMapping) {
  EXPECT_EQ(kind_of("[between samples]", "", ""), FunctionKind::kSynthetic);
  EXPECT_EQ(kind_of("foo", "a.py", ""), FunctionKind::kPython);
  EXPECT_EQ(kind_of("<module>", "<string>", ""), FunctionKind::kPython);
  EXPECT_EQ(kind_of("inflate", "", "/usr/lib/libz.so.1"), FunctionKind::kNative);
  EXPECT_EQ(kind_of("do_syscall_64", "", "[kernel.kallsyms]"), FunctionKind::kKernel);
}

TEST(FunctionKind, ModuleIsThePackage) {
  EXPECT_EQ(module_of("/usr/lib/python3/dist-packages/flask/app.py", ""), "flask");
  EXPECT_EQ(module_of("/opt/venv/lib/python3.12/site-packages/six.py", ""), "six");
  EXPECT_EQ(module_of("/usr/lib/python3.11/json/decoder.py", ""), "json");
  EXPECT_EQ(module_of("/usr/lib/python3.11/socketserver.py", ""), "socketserver");
  EXPECT_EQ(module_of("/site-packages/six.py", ""), "six");
  EXPECT_EQ(module_of("/a/site-packages/b/lib/python3/c/d.py", ""), "b");
  EXPECT_EQ(module_of("/a/lib/python3/b/lib/python/c.py", ""), "c");
  EXPECT_EQ(module_of("/a/lib/python.py", ""), "python");
  EXPECT_EQ(module_of("/srv/shop/shop.py", ""), "shop");
  EXPECT_EQ(module_of("", "/usr/lib/libz.so.1"), "libz.so.1");
  EXPECT_EQ(module_of("<string>", ""), "<string>");
}

StackId append_stack(Symbols& symbols, const StackNode& node) {
  const auto id = id_at<StackId>(symbols.stack_count());
  symbols.append_stacks(1)[0] = node;
  return id;
}

TEST(Symbols, StacksShareTheirCallers) {
  Symbols symbols;
  const auto frame = [&](std::string_view name) {
    return symbols.intern_frame(
        {.function = symbols.intern_function({.name = symbols.intern_string(name)})});
  };
  const std::array foo = {frame("foo"), frame("main")};  // leaf first
  const std::array bar = {frame("bar"), frame("main")};
  const StackId a = symbols.intern_stack(foo);
  EXPECT_EQ(symbols.intern_stack(foo), a);
  const StackId b = symbols.intern_stack(bar);
  EXPECT_EQ(symbols.stack(a).parent, symbols.stack(b).parent);
  EXPECT_EQ(symbols.stack_count(), 4u);
  EXPECT_EQ(symbols.intern_stack({}), StackId::kEmpty);
}

TEST(Symbols, WhatWasAppendedIsFoundWhenItIsInterned) {
  Symbols symbols;
  const StringId text = symbols.append_string("main");
  const FunctionId function = symbols.append_function({.name = text});
  const FrameId frame = symbols.append_frame({.function = function, .line = 7});
  const StackId root = append_stack(symbols, {StackId::kEmpty, frame});
  const StackId leaf = append_stack(symbols, {root, frame});
  EXPECT_EQ(symbols.intern_string("main"), text);
  EXPECT_EQ(symbols.intern_function({.name = text}), function);
  EXPECT_EQ(symbols.intern_frame({.function = function, .line = 7}), frame);
  EXPECT_EQ(symbols.intern_child(root, frame), leaf);
  EXPECT_EQ(symbols.intern_string(""), StringId::kEmpty);
  // Appended after the first look.
  const StackId deeper = append_stack(symbols, {leaf, frame});
  EXPECT_EQ(symbols.intern_child(leaf, frame), deeper);
  EXPECT_EQ(symbols.intern_child(StackId::kEmpty, frame), root);
  EXPECT_EQ(symbols.stack_count(), 4u);
}

TEST(Symbols, StringsThatAreForgottenAreEmptyAndNewWhenTheyComeAgain) {
  Symbols symbols;
  std::vector<StringId> ids;
  for (int i = 0; i < 100; ++i) ids.push_back(symbols.intern_string(fmt::format("text {}", i)));
  const StringId appended = symbols.append_string("appended");
  IdSubset<StringId> kept(symbols.string_count());
  kept.add(appended);
  for (std::size_t i = 0; i < ids.size(); i += 3) kept.add(ids[i]);
  symbols.forget_strings(kept);
  EXPECT_EQ(symbols.string_count(), 102u);
  EXPECT_EQ(symbols.text_count(), 35u);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::string text = fmt::format("text {}", i);
    EXPECT_EQ(symbols.string(ids[i]), i % 3 == 0 ? text : "");
    EXPECT_EQ(symbols.find_string(text).has_value(), i % 3 == 0);
  }
  EXPECT_EQ(symbols.intern_string("text 3"), ids[3]);
  EXPECT_EQ(symbols.intern_string("appended"), appended);
  EXPECT_EQ(symbols.intern_string(""), StringId::kEmpty);
  const StringId again = symbols.intern_string("text 4");
  EXPECT_EQ(index_of(again), 102u);
  EXPECT_EQ(symbols.find_string("text 4"), again);
}

TEST(Symbols, TablesGrowBeforeTheyAreWritten) {
  Symbols symbols;
  const FrameId frame = symbols.append_frame(
      {.function = symbols.append_function({.name = symbols.append_string("main")})});
  const StackId first = append_stack(symbols, {StackId::kEmpty, frame});
  const auto stacks = symbols.append_stacks(10);
  ASSERT_EQ(stacks.size(), 10u);
  for (std::size_t i = 4; i-- > 0;) stacks[i] = {id_at<StackId>(i + 1), frame};
  symbols.keep_first_stacks(6);
  EXPECT_EQ(symbols.stack_count(), 6u);
  EXPECT_EQ(symbols.intern_child(first, frame), id_at<StackId>(2));
  EXPECT_EQ(symbols.intern_child(id_at<StackId>(5), frame), id_at<StackId>(6));
}

TEST(Symbols, AreIndexedBitByBit) {
  Symbols symbols;
  EXPECT_FALSE(symbols.index_some(1)) << "nothing to do";
  const FrameId frame = symbols.append_frame(
      {.function = symbols.append_function({.name = symbols.append_string("main")})});
  StackId stack = StackId::kEmpty;
  for (int i = 0; i < 10; ++i) stack = append_stack(symbols, {stack, frame});
  int calls = 0;
  while (symbols.index_some(3)) {
    if (++calls == 2) append_stack(symbols, {stack, frame});
  }
  EXPECT_EQ(calls, 3) << "11 nodes, 3 at once";
  for (std::size_t node = 0; node < 11; ++node)
    EXPECT_EQ(index_of(symbols.intern_child(id_at<StackId>(node), frame)), node + 1);
  EXPECT_EQ(symbols.stack_count(), 12u);
}

TEST(SymbolsImport, CopiesOnlyWhatAStackNeeds) {
  Symbols from;
  const auto frame = [&](std::string_view name) {
    return from.intern_frame(
        {.function = from.intern_function({.name = from.intern_string(name)})});
  };
  const std::array foo = {frame("foo"), frame("main")};
  const std::array unused = {frame("unused")};
  const StackId a = from.intern_stack(foo);
  from.intern_stack(unused);
  Symbols to;
  SymbolsImport import(from, to);
  const StackId copied = import.stack(a);
  EXPECT_EQ(import.stack(a), copied);
  EXPECT_EQ(to.stack_count(), 3u);
  EXPECT_EQ(to.string(to.function(to.frame(to.stack(copied).frame).function).name), "foo");
}

TEST(Symbols, AnExtractHoldsWhatItsStacksNeedAndCanBeAddedTo) {
  Symbols from;
  const auto frame = [](Symbols& symbols, std::string_view name) {
    return symbols.intern_frame({.function = symbols.intern_function(
                                     {.name = symbols.intern_string(name),
                                      .file = symbols.intern_string(fmt::format("{}.py", name))}),
                                 .line = 7});
  };
  const auto text = [](const Symbols& symbols, StackId stack) {
    std::string out;
    for (; stack != StackId::kEmpty; stack = symbols.stack(stack).parent) {
      const Function& function =
          symbols.function(symbols.frame(symbols.stack(stack).frame).function);
      out += fmt::format("{} {} ", symbols.string(function.name), symbols.string(function.file));
    }
    return out;
  };
  // More than a word of each table, of which every third stack is taken.
  std::vector<StackId> stacks = {StackId::kEmpty};
  std::vector<std::string> texts = {""};
  for (int i = 0; i < 200; ++i) {
    const std::array leaf_first = {frame(from, fmt::format("f{}", i)), frame(from, "main")};
    const StackId stack = from.intern_stack(leaf_first);
    if (i % 3 != 0) continue;
    stacks.push_back(stack);
    texts.push_back(text(from, stack));
  }
  Symbols to = Symbols::extract(from, stacks);
  for (std::size_t i = 0; i < stacks.size(); ++i) EXPECT_EQ(text(to, stacks[i]), texts[i]);
  EXPECT_EQ(to.stack_count(), 2u + 67u);
  EXPECT_EQ(to.frame_count(), 1u + 67u);
  EXPECT_EQ(to.function_count(), 1u + 67u);
  EXPECT_EQ(to.string_count(), 1u + 2 * (1u + 67u));

  const std::array known = {frame(to, "f3"), frame(to, "main")};
  EXPECT_EQ(to.intern_stack(known), stacks[2]);
  const std::array unknown = {frame(to, "f1"), frame(to, "main")};
  EXPECT_EQ(to.intern_stack(unknown), id_at<StackId>(2u + 67u));
}

TEST(Symbols, KeepOnlyStacksAndWhatTheyNeed) {
  Symbols symbols;
  const auto frame = [&](const std::string& name) {
    return symbols.intern_frame(
        {.function = symbols.intern_function({.name = symbols.intern_string(name)}), .line = 7});
  };
  const auto text = [&](StackId stack) {
    std::string out;
    for (; stack != StackId::kEmpty; stack = symbols.stack(stack).parent)
      out += fmt::format(
          "{} ", symbols.string(
                     symbols.function(symbols.frame(symbols.stack(stack).frame).function).name));
    return out;
  };
  std::vector<StackId> stacks;
  for (int i = 0; i < 200; ++i) {
    const std::array leaf_first = {frame(fmt::format("leaf{}", i % 50)),
                                   frame(fmt::format("f{}", i)), frame("main")};
    stacks.push_back(symbols.intern_stack(leaf_first));
  }
  IdSubset<StackId> kept(symbols.stack_count());
  std::vector<std::pair<StackId, std::string>> texts;
  for (std::size_t i = 0; i < stacks.size(); i += 3) {
    texts.emplace_back(stacks[i], text(stacks[i]));
    for (StackId stack = stacks[i]; kept.add(stack); stack = symbols.stack(stack).parent) {
    }
  }
  kept.number();
  const std::size_t strings = symbols.string_count();
  symbols.keep_only(kept);
  EXPECT_EQ(symbols.stack_count(), 2u + 2 * 67u);
  EXPECT_EQ(symbols.frame_count(), 1u + 67u + 50u);
  EXPECT_EQ(symbols.function_count(), 1u + 67u + 50u);
  EXPECT_EQ(symbols.string_count(), strings);
  for (const auto& [before, was] : texts) EXPECT_EQ(text(kept.place(before)), was);

  const std::array known = {frame("leaf3"), frame("f3"), frame("main")};
  EXPECT_EQ(symbols.intern_stack(known), kept.place(stacks[3]));
  EXPECT_EQ(symbols.stack_count(), 2u + 2 * 67u);
  const std::array dropped = {frame("leaf4"), frame("f4"), frame("main")};
  EXPECT_EQ(symbols.intern_stack(dropped), id_at<StackId>(2u + 2 * 67u + 1));
}

}  // namespace
}  // namespace phlox::profile
