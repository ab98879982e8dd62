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

// Golden data: what CPython itself says of each code unit; see tools/layouts/line-tables.
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
      EXPECT_EQ(line_of(table, first_line, unit), expected)
          << version << " " << name << " unit " << unit;
    ++tables;
  }
  EXPECT_EQ(tables, 20);
}

TEST(LineTable, BeforeTheFirstInstructionIsTheFirstLine) {
  EXPECT_EQ(line_of("\x80\x00", 7, -1), 7u);
}

TEST(LineTable, DamagedTablesGiveNoLine) {
  EXPECT_EQ(line_of("", 7, 0), 0u);
  EXPECT_EQ(line_of("\x01", 7, 0), 0u);      // an entry must have bit 7
  EXPECT_EQ(line_of("\x80\x00", 7, 5), 0u);  // past the end
  EXPECT_EQ(line_of("\xf0\x7f\x7f", 7, 0), line_of("\xf0\x7f\x7f", 7, 0));  // a varint cut off ends
}

}  // namespace
}  // namespace phlox::cpython
