#include "format/tree_columns.h"

#include <gtest/gtest.h>

#include <cstring>

namespace phlox::format {
namespace {

constexpr std::size_t kHead = 16;
constexpr std::int64_t kLarge = (std::int64_t{1} << 53) + 1;

template <class T>
T read(std::string_view body, std::size_t at) {
  T value;
  std::memcpy(&value, body.substr(at, sizeof(T)).data(), sizeof(T));
  return value;
}

TEST(ColumnWriter, WritesNumbersAsJsonUnlessAskedForBytes) {
  ColumnWriter columns;
  const Json answer{{"depth", columns.indices(std::vector<std::int32_t>{-1, 2})},
                    {"self", columns.wholes(std::vector<std::int64_t>{7, kLarge})}};
  EXPECT_EQ(columns.body(answer), R"({"depth":[-1,2],"self":[7,"9007199254740993"]})");
}

TEST(ColumnWriter, PutsAlignedBytesBehindTheJson) {
  ColumnWriter columns(ColumnWriter::Form::kBytes);
  const Json answer{{"depth", columns.indices(std::vector<std::int32_t>{-1, 2, 3})},
                    {"self", columns.wholes(std::vector<std::int64_t>{7, kLarge})}};
  const std::string body = columns.body(answer);
  EXPECT_EQ(body.substr(0, 8), "PHLOXCOL");
  EXPECT_EQ(read<std::uint32_t>(body, 8), 1u);
  const std::size_t start = kHead + read<std::uint32_t>(body, 12);
  EXPECT_EQ(start % 8, 0u);
  const Json head = Json::parse(std::string_view(body).substr(kHead, start - kHead));
  EXPECT_EQ(head["depth"], Json({{"column", "i32"}, {"at", 0}, {"count", 3}}));
  EXPECT_EQ(head["self"]["at"], 16);
  EXPECT_EQ(head["self"]["large"], Json({{"1", "9007199254740993"}}));
  EXPECT_EQ(read<std::int32_t>(body, start), -1);
  EXPECT_EQ(read<std::int32_t>(body, start + 8), 3);
  EXPECT_EQ(read<double>(body, start + 16), 7.0);
  EXPECT_EQ(body.size(), start + 16 + 16);
}

TEST(ColumnWriter, SpendsNoBytesOnZeros) {
  ColumnWriter columns(ColumnWriter::Form::kBytes);
  const Json column = columns.wholes(std::vector<std::int64_t>(1000, 0));
  EXPECT_EQ(column, Json({{"column", "zeros"}, {"count", 1000}}));
  EXPECT_LT(columns.body(Json{{"hidden", column}}).size(), 100u);
}

}  // namespace
}  // namespace phlox::format
