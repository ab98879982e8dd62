// Table: rows of text in aligned columns, two blanks apart, titles in capitals on top.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace phlox::terminal {

enum class Align { kLeft, kRight };

struct Column {
  std::string title;
  Align align = Align::kRight;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns);
  // One cell a column.
  void add_row(std::vector<std::string> cells);
  std::string to_string() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;  // the titles are the first
};

// Names come from profiled programs: a control character in one must not reach the terminal.
std::string printable(std::string_view text);

}  // namespace phlox::terminal
