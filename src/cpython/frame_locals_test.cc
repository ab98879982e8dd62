#include "cpython/frame_locals.h"

#include <gtest/gtest.h>

#include "cpython/fake_process.h"
#include "cpython/object_shapes.h"

namespace phlox::cpython {
namespace {

using process::RemoteAddress;

// Objects as a process of that version would have them.
class ObjectTextTest : public testing::TestWithParam<int> {
 protected:
  RemoteAddress typed(std::string_view name, TypeFlag flag, RemoteAddress at) {
    memory.put(at, layout.object_type, memory.type(name, static_cast<std::uint64_t>(flag)));
    return at;
  }
  RemoteAddress integer(std::vector<std::uint32_t> digits, bool is_negative = false,
                        std::string_view type = "int") {
    const RemoteAddress at = memory.allocate(layout.long_digits + 4 * digits.size() + 4);
    std::uint64_t size = digits.size();
    if (layout.long_size_shift == kNone) {
      if (is_negative) size = ~size + 1;
    } else {
      const std::uint64_t sign = digits.empty() ? 1 : is_negative ? 2 : 0;
      size = size << layout.long_size_shift | sign;
    }
    memory.put(at, layout.long_size, size);
    for (std::size_t i = 0; i < digits.size(); ++i)
      memory.put(at + layout.long_digits + 4 * i, digits[i]);
    return typed(type, TypeFlag::kLong, at);
  }
  RemoteAddress real(double value) {
    const RemoteAddress at = memory.object(memory.type("float"), layout.float_value + 8);
    memory.put(at, layout.float_value, value);
    return at;
  }
  RemoteAddress string(std::string_view text) {
    return typed("str", TypeFlag::kString, memory.string(text));
  }
  RemoteAddress tuple(std::vector<RemoteAddress> items, std::string_view type = "tuple") {
    const RemoteAddress at = memory.allocate(layout.tuple_items + 8 * items.size() + 8);
    memory.put(at, layout.bytes_size, std::uint64_t{items.size()});
    for (std::size_t i = 0; i < items.size(); ++i)
      memory.put(at + layout.tuple_items + 8 * i, items[i]);
    return typed(type, TypeFlag::kTuple, at);
  }
  RemoteAddress list(std::vector<RemoteAddress> items) {
    const RemoteAddress at = memory.allocate(layout.list_items + 8);
    const RemoteAddress array = memory.allocate(8 * items.size() + 8);
    for (std::size_t i = 0; i < items.size(); ++i) memory.put(array + 8 * i, items[i]);
    memory.put(at, layout.bytes_size, std::uint64_t{items.size()});
    memory.put(at, layout.list_items, array);
    return typed("list", TypeFlag::kList, at);
  }
  // With one entry that has been deleted.
  RemoteAddress set(RemoteAddress item) {
    const RemoteAddress at = memory.object(memory.type("set"), layout.set_table + 8);
    const RemoteAddress table = memory.allocate(std::size_t{8} * 16);
    memory.put(table, memory.allocate(8));
    memory.put(table + 8, std::int64_t{-1});
    memory.put(table + 32, item);
    memory.put(at, layout.set_count, std::uint64_t{1});
    memory.put(at, layout.set_mask, std::uint64_t{7});
    memory.put(at, layout.set_table, table);
    return at;
  }
  std::string text(RemoteAddress object) { return ObjectText(layout, memory).of(object); }

  const Layout& layout = layout_of_parameter(GetParam());
  FakeProcess memory{layout};
};

INSTANTIATE_TEST_SUITE_P(Python3, ObjectTextTest, testing::Range(6, 15));

TEST_P(ObjectTextTest, Numbers) {
  EXPECT_EQ(text(integer({})), "0");
  EXPECT_EQ(text(integer({7}, true)), "-7");
  EXPECT_EQ(text(integer({0, 0, 1})), "1152921504606846976");  // 2 ** 60
  EXPECT_EQ(text(integer({0, 0, 0, 0, 1})), "<int of 150 bits>");
  EXPECT_EQ(text(integer({1}, false, "bool")), "True");
  EXPECT_EQ(text(integer({}, false, "bool")), "False");
  EXPECT_EQ(text(integer({3}, false, "Color")), "Color(3)");
  EXPECT_EQ(text(real(2)), "2.0");
  EXPECT_EQ(text(real(-0.1)), "-0.1");
}

TEST_P(ObjectTextTest, Strings) {
  EXPECT_EQ(text(string("it's")), "\"it's\"");
  EXPECT_EQ(text(string("a\n\\'\"")), R"('a\n\\\'"')");
  EXPECT_EQ(text(string(std::string(60, 'x'))), "'" + std::string(60, 'x') + "'");
  EXPECT_EQ(text(string(std::string(61, 'x'))), "'" + std::string(60, 'x') + "'...");
  std::string wide;
  for (std::size_t i = 0; i < kMaxTextChars; ++i) wide += "\u4e16";
  EXPECT_EQ(
      text(typed("str", TypeFlag::kString, memory.wide_string(std::u16string(61, u'\u4e16')))),
      "'" + wide + "'...");
  EXPECT_EQ(text(typed("bytes", TypeFlag::kBytes, memory.bytes("a\n'"))), R"(b'a\x0a\'')");
}

TEST_P(ObjectTextTest, Containers) {
  const RemoteAddress one = integer({1});
  EXPECT_EQ(text(tuple({})), "()");
  EXPECT_EQ(text(tuple({one})), "(1,)");
  EXPECT_EQ(text(tuple({one, one}, "Point")), "Point((1, 1))");
  EXPECT_EQ(text(list({})), "[]");
  EXPECT_EQ(text(list({one, one, one, one, one, one})), "[1, 1, 1, 1, ... 2 more]");
  EXPECT_EQ(text(list({list({list({one})})})), "[[[...]]]");
  EXPECT_EQ(text(set(one)), "{1}");
}

TEST_P(ObjectTextTest, ACircleEnds) {
  const RemoteAddress outer = list({RemoteAddress::kNull});
  RemoteAddress array{};
  ASSERT_TRUE(memory.read_value(outer + layout.list_items, array));
  memory.put(array, outer);
  EXPECT_EQ(text(outer), "[[[...]]]");
}

TEST_P(ObjectTextTest, WhatMakesNoSenseIsAnObjectAtItsAddress) {
  EXPECT_EQ(text(RemoteAddress{0xdead000}), "<unknown object at 0xdead000>");
  const RemoteAddress plain = memory.object(memory.type("Request"), 64);
  EXPECT_EQ(text(plain), fmt::format("<Request object at {:#x}>", to_number(plain)));
  const RemoteAddress absurd = list({});
  memory.put(absurd, layout.bytes_size, ~std::uint64_t{0});
  EXPECT_EQ(text(absurd), fmt::format("<list object at {:#x}>", to_number(absurd)));
}

TEST_P(ObjectTextTest, IsBounded) {
  const RemoteAddress name = string(std::string(60, '\x01'));  // four characters each
  const RemoteAddress row = list({name, name, name, name});
  const std::string all = text(list({row, row, row, row}));
  EXPECT_EQ(all.size(), kMaxTextBytes);
  EXPECT_TRUE(all.ends_with("..."));
}

class FrameLocalsTest : public ObjectTextTest {
 protected:
  RemoteAddress names(std::vector<std::string> texts) {
    std::vector<RemoteAddress> items;
    for (const std::string& text : texts) items.push_back(string(text));
    return tuple(items);
  }
  RemoteAddress cell(RemoteAddress content) {
    const RemoteAddress at = memory.object(memory.type("cell"), layout.cell_contents + 8);
    memory.put(at, layout.cell_contents, content);
    return at;
  }
  RemoteAddress frame_with(RemoteAddress code, std::vector<RemoteAddress> values) {
    const RemoteAddress at = memory.allocate(layout.frame_locals + 8 * values.size() + 128);
    memory.frame(at, code, RemoteAddress::kNull);
    for (std::size_t i = 0; i < values.size(); ++i)
      memory.put(at + layout.frame_locals + 8 * i,
                 to_number(values[i]) | (layout.frame_code_tag & 1u));
    return at;
  }
};

INSTANTIATE_TEST_SUITE_P(Python3, FrameLocalsTest, testing::Range(6, 15));

using Texts = std::vector<std::string>;
Texts as_texts(const std::vector<Local>& locals) {
  Texts texts;
  for (const Local& local : locals) texts.push_back(local.name + " = " + local.value);
  return texts;
}

TEST_P(FrameLocalsTest, AreLocalsCellsAndFreeVariables) {
  const RemoteAddress code = memory.code("f");
  if (layout.code_cell_names == kNone) {
    memory.put(code, layout.code_local_names, names({"n", "unset", "own", "outer", "empty"}));
  } else {
    memory.put(code, layout.code_local_names, names({"n", "unset"}));
    memory.put(code, layout.code_cell_names, names({"own"}));
    memory.put(code, layout.code_free_names, names({"outer", "empty"}));
  }
  const RemoteAddress frame =
      frame_with(code, {integer({5}), RemoteAddress::kNull, cell(integer({6})), cell(string("x")),
                        cell(RemoteAddress::kNull)});
  FrameLocals locals(layout, memory);
  EXPECT_EQ(as_texts(locals.read(frame, code)), (Texts{"n = 5", "own = 6", "outer = 'x'"}));
  EXPECT_TRUE(locals.read(frame, memory.code("another")).empty());
  EXPECT_TRUE(locals.read(RemoteAddress{0xdead000}, code).empty());
}

TEST_P(FrameLocalsTest, MoreThanAreShownAreCounted) {
  const RemoteAddress code = memory.code("f");
  memory.put(code, layout.code_local_names, names(Texts(kMaxLocals + 3, "n")));
  const RemoteAddress frame =
      frame_with(code, std::vector<RemoteAddress>(kMaxLocals, integer({5})));
  const auto locals = as_texts(FrameLocals(layout, memory).read(frame, code));
  ASSERT_EQ(locals.size(), kMaxLocals + 1);
  EXPECT_EQ(locals.back(), "... = 3 more");
}

// 2.7: int beside long, str of bytes, dicts that are tables.
class Python2Test : public FrameLocalsTest {
 protected:
  RemoteAddress small(std::int64_t value, std::string_view type = "int") {
    const RemoteAddress at = memory.allocate(layout.int_value + 8);
    memory.put(at, layout.int_value, value);
    return typed(type, TypeFlag::kInt, at);
  }
  RemoteAddress bytes(std::string_view text, std::string_view type = "str") {
    return typed(type, TypeFlag::kBytes, memory.bytes(text));
  }
  // With one entry that has been deleted, and then the others in a table of `size`.
  RemoteAddress dict(std::vector<std::pair<RemoteAddress, RemoteAddress>> entries,
                     std::size_t size) {
    const RemoteAddress at = memory.allocate(layout.dict_table + 8);
    const RemoteAddress table = memory.allocate(size * 24);
    memory.put(table + 8, bytes("<dummy key>"));
    for (std::size_t i = 0; i < entries.size(); ++i) {
      memory.put(table + 24 * (i + 1) + 8, entries[i].first);
      memory.put(table + 24 * (i + 1) + 16, entries[i].second);
    }
    memory.put(at, layout.dict_count, std::uint64_t{entries.size()});
    memory.put(at, layout.dict_mask, std::uint64_t{size - 1});
    memory.put(at, layout.dict_table, table);
    return typed("dict", TypeFlag::kDict, at);
  }
};

INSTANTIATE_TEST_SUITE_P(Python2, Python2Test, testing::Values(kPython2_7));

TEST_P(Python2Test, NumbersOfTwoTypes) {
  EXPECT_EQ(text(small(-7)), "-7");
  EXPECT_EQ(text(small(1, "bool")), "True");
  EXPECT_EQ(text(small(0, "bool")), "False");
  EXPECT_EQ(text(small(3, "Color")), "Color(3)");
  EXPECT_EQ(text(integer({7}, true, "long")), "-7L");
  EXPECT_EQ(text(integer({0, 0, 1}, false, "long")), "1152921504606846976L");
  EXPECT_EQ(text(real(2)), "2.0");
}

TEST_P(Python2Test, StringsOfBytes) {
  EXPECT_EQ(text(bytes("it's")), "\"it's\"");
  EXPECT_EQ(text(bytes("a\n\xc3\xbc")), R"('a\n\xc3\xbc')");
  EXPECT_EQ(text(bytes(std::string(61, 'x'))), "'" + std::string(60, 'x') + "'...");
  EXPECT_EQ(text(bytes("x", "Path")), "Path('x')");
  // How wide its characters are differs between builds.
  const RemoteAddress unicode = typed("unicode", TypeFlag::kString, memory.allocate(64));
  EXPECT_EQ(text(unicode), fmt::format("<unicode object at {:#x}>", to_number(unicode)));
}

TEST_P(Python2Test, Containers) {
  EXPECT_EQ(text(tuple({small(1)})), "(1,)");
  EXPECT_EQ(text(list({small(1), bytes("a")})), "[1, 'a']");
  EXPECT_EQ(text(dict({}, 8)), "{}");
  EXPECT_EQ(text(dict({{bytes("a"), small(1)}, {small(2), list({})}}, 8)), "{'a': 1, 2: []}");
  const std::pair one(small(1), small(1));
  EXPECT_EQ(text(dict({one, one, one, one, one}, 8)), "{1: 1, 1: 1, 1: 1, 1: 1, ... 1 more}");
  const RemoteAddress large = dict({one}, 4096);
  EXPECT_EQ(text(large), "{1: 1}");
  // Of so large a table only the beginning is read; and a table that is not there makes no dict.
  memory.put(large, layout.dict_mask, ~std::uint64_t{0});
  EXPECT_EQ(text(large), "{1: 1}");
  memory.put(large, layout.dict_table, RemoteAddress{8});
  EXPECT_EQ(text(large), fmt::format("<dict object at {:#x}>", to_number(large)));
  const RemoteAddress set = memory.object(memory.type("set"), 64);
  EXPECT_EQ(text(set), fmt::format("<set object at {:#x}>", to_number(set)));
}

TEST_P(Python2Test, ADictIsLookedThroughForAName) {
  const RemoteAddress value = small(1);
  const ObjectReader objects(layout, memory);
  const RemoteAddress modules = dict({{bytes("os"), small(2)}, {bytes("sys"), value}}, 8);
  EXPECT_EQ(objects.find_in_dict(modules, "sys"), value);
  EXPECT_EQ(objects.find_in_dict(modules, "<dummy key>"), RemoteAddress::kNull);
}

TEST_P(Python2Test, VariablesAreShown) {
  const RemoteAddress code = memory.code("f");
  memory.put(code, layout.code_local_names, tuple({bytes("n")}));
  memory.put(code, layout.code_free_names, tuple({bytes("outer")}));
  const RemoteAddress frame = frame_with(code, {small(5), cell(bytes("x"))});
  EXPECT_EQ(as_texts(FrameLocals(layout, memory).read(frame, code)),
            (Texts{"n = 5", "outer = 'x'"}));
}

}  // namespace
}  // namespace phlox::cpython
