// Call trees, tables and functions as JSON columns: docs/api.md, "Conventions". The answers of the
// server are made of them, and the page kept in one file (kept_page.h).
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
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

// A column for one side, a pair of columns for two.
Json by_side(std::vector<Json> columns);

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
             FunctionColumns& functions);
Json table_of(std::span<const profile::FunctionValue> rows, std::size_t side_count,
              FunctionColumns& functions);

}  // namespace phlox::format
