#include "cpython/code_objects.h"

#include <gtest/gtest.h>

#include "cpython/fake_process.h"

namespace phlox::cpython {
namespace {

using process::RemoteAddress;

class CodeObjectsTest : public testing::TestWithParam<int> {
 protected:
  CodeObjectsTest()
      : layout(layout_of_parameter(GetParam())), memory(layout), codes(layout, memory) {}

  const Layout& layout;
  FakeProcess memory;
  CodeObjects codes;
};

INSTANTIATE_TEST_SUITE_P(Python3, CodeObjectsTest, testing::Range(6, 15));
INSTANTIATE_TEST_SUITE_P(Python2, CodeObjectsTest, testing::Values(kPython2_7));
class WideNamesTest : public CodeObjectsTest {};  // those of 2.7 are bytes
INSTANTIATE_TEST_SUITE_P(Python3, WideNamesTest, testing::Range(6, 15));

TEST_P(CodeObjectsTest, ReadsNameFileAndLines) {
  const RemoteAddress at = memory.code("Shop.foo", "/srv/shop.py", 40);
  const Code* code = codes.find(at);
  ASSERT_NE(code, nullptr);
  EXPECT_EQ(code->qualified_name, "Shop.foo");
  EXPECT_EQ(code->file, "/srv/shop.py");
  const auto first = static_cast<std::int32_t>(layout.code_instructions);
  EXPECT_EQ(codes.line(*code, first), 41u);
  EXPECT_EQ(codes.line(*code, first - 2), 40u);  // not yet started
}

TEST_P(CodeObjectsTest, TheInterpretersOwnShimIsToldFromAClassInit) {
  EXPECT_TRUE(codes.find(memory.code("__init__", "__init__"))->is_shim);
  EXPECT_FALSE(codes.find(memory.code("__init__", "/srv/app/__init__.py"))->is_shim);
  EXPECT_FALSE(codes.find(memory.code("A.__init__", "/srv/app.py"))->is_shim);
}

TEST_P(WideNamesTest, BeyondLatin1BecomeUtf8) {
  const RemoteAddress at = memory.allocate(FakeProcess::kCodeBytes);
  memory.fill_code(at, memory.wide_string(u"h\u00e9\u4e2d\xd800"), "a.py", 1);
  EXPECT_EQ(codes.find(at)->qualified_name, "h\u00e9\u4e2d\ufffd");
}

TEST(CodeObjectsOf27, NamesMayBeInAnyEncoding) {
  const Layout& layout = *layout_of(7, 2);
  FakeProcess memory(layout);
  CodeObjects codes(layout, memory);
  EXPECT_EQ(codes.find(memory.code("f", "h\xc3\xa9.py"))->file, "h\u00e9.py");
  EXPECT_EQ(codes.find(memory.code("f", "h\xe9.py"))->file, "h\ufffd.py");
  // An instruction may begin at any byte.
  const RemoteAddress at = memory.code("f", "a.py", 40);
  memory.put(at, layout.code_line_table, memory.bytes(std::string_view("\x03\x01", 2)));
  EXPECT_EQ(codes.line(*codes.find(at), 2), 40u);
  EXPECT_EQ(codes.line(*codes.find(at), 3), 41u);
}

TEST_P(CodeObjectsTest, WhatIsNoCodeObjectIsRefused) {
  const RemoteAddress at = memory.code("f");
  memory.put(at, layout.object_type, memory.allocate(64));
  EXPECT_EQ(codes.find(at), nullptr);
  EXPECT_EQ(codes.find(RemoteAddress{8}), nullptr);
}

TEST_P(CodeObjectsTest, AnAddressUsedAgainIsNoticed) {
  const RemoteAddress kept = memory.code("kept");
  const RemoteAddress reused = memory.code("before");
  const RemoteAddress gone = memory.code("gone");
  for (const RemoteAddress at : {kept, reused, gone}) ASSERT_NE(codes.find(at), nullptr);
  memory.fill_code(reused, memory.string("after"), "app.py", 10);
  memory.release(gone);
  const std::array used = {gone, kept, reused};
  EXPECT_EQ(codes.changed(used), (std::vector{gone, reused}));
  EXPECT_EQ(codes.find(reused)->qualified_name, "after");
}

}  // namespace
}  // namespace phlox::cpython
