#include "cpython/line_table.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

namespace phlox::cpython {
namespace {

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

// "3.9"
LineTableFormat format_of(const std::string& version) {
  const auto number = [](const std::string& text) {
    return static_cast<std::uint32_t>(std::stoi(text));
  };
  return line_table_format(*layout_of(number(version.substr(2)), number(version.substr(0, 1))));
}

constexpr LineTableFormat kAll[] = {LineTableFormat::kGrowingLineNumbers,
                                    LineTableFormat::kLineNumbers, LineTableFormat::kLineRanges,
                                    LineTableFormat::kLocations};

// Golden data: what CPython itself says of each code unit; see tools/layouts/line-tables and
// line-tables-2.7, whose code units are bytes.
TEST(LineTable, AgreesWithCPythonForEveryCodeUnit) {
  std::ifstream file(PHLOX_TESTDATA "/line_tables.txt");
  std::string text;
  int tables = 0;
  while (std::getline(file, text)) {
    std::istringstream line(text);
    std::string version;
    std::string name;
    std::string hex;
    std::uint32_t first_line = 0;
    line >> version >> name >> first_line >> hex;
    const std::string table = from_hex(hex);
    std::uint32_t expected = 0;
    for (int unit = 0; line >> expected; ++unit)
      EXPECT_EQ(line_of(format_of(version), table, first_line, unit), expected)
          << version << " " << name << " unit " << unit;
    ++tables;
  }
  EXPECT_EQ(tables, 49);
}

TEST(LineTable, BeforeTheFirstInstructionIsTheFirstLine) {
  for (const auto format : kAll) EXPECT_EQ(line_of(format, "\x80\x00", 7, -1), 7u);
}

TEST(LineTable, DamagedTablesGiveNoLine) {
  const auto locations = [](std::string_view table, std::int64_t unit) {
    return line_of(LineTableFormat::kLocations, table, 7, unit);
  };
  EXPECT_EQ(locations("", 0), 0u);
  EXPECT_EQ(locations("\x01", 0), 0u);      // an entry must have bit 7
  EXPECT_EQ(locations("\x80\x00", 5), 0u);  // past the end
  EXPECT_EQ(locations("\xf0\x7f\x7f", 0), locations("\xf0\x7f\x7f", 0));  // a varint cut off ends
  EXPECT_EQ(line_of(LineTableFormat::kLineRanges, "", 7, 0), 0u);
  EXPECT_EQ(line_of(LineTableFormat::kLineRanges, "\x02", 7, 1), 0u);
  EXPECT_EQ(line_of(LineTableFormat::kLineNumbers, std::string_view("\0\x80", 2), 7, 0), 0u);
}

TEST(LineTable, In27LinesOnlyGrow) {
  const std::string_view table("\x03\xff\0\x80", 4);
  const auto line = [table](std::int64_t byte) {
    return line_of(LineTableFormat::kGrowingLineNumbers, table, 7, byte);
  };
  EXPECT_EQ(line(2), 7u);
  EXPECT_EQ(line(3), 7u + 255 + 128);
  EXPECT_EQ(line_of(LineTableFormat::kGrowingLineNumbers, "", 7, 3), 7u);
}

TEST(LineTable, BeforeVersion310NoEntriesMeanTheFirstLine) {
  EXPECT_EQ(line_of(LineTableFormat::kLineNumbers, "", 7, 3), 7u);
}

}  // namespace
}  // namespace phlox::cpython
