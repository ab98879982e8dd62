// Call trees, tables and functions as columns, in JSON or in bytes behind it: docs/api.md,
// "Conventions" and "Columns as bytes". The answers of the server are made of them, and the page
// kept in one file (kept_page.h).
//
// An answer with columns as bytes; all numbers little-endian, all columns aligned to 8 bytes:
//
//     0           8         12            16            16 + size
//     +-----------+---------+-------------+-------------+----------+----------+--
//     | PHLOXCOL  | version | size of the | JSON, blank | column 0 | column 1 | ...
//     |           | u32 = 1 | JSON, u32   | padded to 8 |          |          |
//     +-----------+---------+-------------+-------------+----------+----------+--
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "profile/call_tree.h"
#include "profile/symbols.h"
#include "profile/top_table.h"
#include "profile/visible_tree.h"

namespace phlox::format {

using Json = nlohmann::json;

// A number above 2^53 becomes a string of digits.
Json number(std::int64_t value);

inline constexpr std::string_view kColumnsType = "application/vnd.phlox.columns";

// Where the numbers of one answer go. A million nodes in JSON are 30 MB of digits, which a browser
// reads for a third of a second; as bytes it takes them as they are. For one thread.
class ColumnWriter {
 public:
  enum class Form { kJson, kBytes };
  explicit ColumnWriter(Form form = Form::kJson) : form_(form) {}
  Form form() const { return form_; }

  // What stands for the column in the answer: its numbers, or where its bytes are.
  Json indices(std::span<const std::int32_t> values);
  Json wholes(std::span<const std::int64_t> values);

  // The whole body; `answer` holds what the calls above returned.
  std::string body(const Json& answer) const;

 private:
  Json place(std::string_view type, std::size_t count, std::string_view bytes);

  Form form_;
  std::string bytes_;
};

// Functions by order of first use, as columns.
class FunctionColumns {
 public:
  explicit FunctionColumns(const profile::Symbols& symbols) : symbols_(symbols) {}
  std::int64_t index_of(profile::FunctionId id);  // -1 for kNoFunction
  Json columns() const;

 private:
  const profile::Symbols& symbols_;
  std::vector<profile::FunctionId> functions_;
  std::unordered_map<profile::FunctionId, std::int64_t> indices_;
};

// One side: flat columns of values. Two: a pair of columns each.
Json tree_of(const profile::CallTree& tree, const profile::VisibleTree& visible,
             FunctionColumns& functions, ColumnWriter& columns);
Json table_of(std::span<const profile::FunctionValue> rows, std::size_t side_count,
              FunctionColumns& functions, ColumnWriter& columns);

}  // namespace phlox::format
