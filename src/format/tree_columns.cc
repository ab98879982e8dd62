#include "format/tree_columns.h"

#include <string>
#include <utility>

#include "profile/sum.h"

namespace phlox::format {

Json number(std::int64_t value) {
  if (value > profile::kMaxPushedValue || value < -profile::kMaxPushedValue)
    return std::to_string(value);
  return value;
}

Json by_side(std::vector<Json> columns) {
  return columns.size() == 1 ? std::move(columns[0]) : Json(std::move(columns));
}

std::int64_t FunctionColumns::index_of(profile::FunctionId id) {
  if (id == profile::kNoFunction) return -1;
  const auto [entry, added] =
      indices_.try_emplace(id, static_cast<std::int64_t>(functions_.size()));
  if (added) functions_.push_back(id);
  return entry->second;
}

Json FunctionColumns::columns() const {
  Json::array_t name, file, line, module, kind;
  for (const profile::FunctionId id : functions_) {
    const profile::Function& function = symbols_.function(id);
    name.emplace_back(symbols_.string(function.name));
    file.emplace_back(symbols_.string(function.file));
    line.emplace_back(function.first_line);
    module.emplace_back(symbols_.string(function.module));
    kind.emplace_back(profile::to_string(function.kind));
  }
  return {{"name", std::move(name)},
          {"file", std::move(file)},
          {"line", std::move(line)},
          {"module", std::move(module)},
          {"kind", std::move(kind)}};
}

Json tree_of(const profile::CallTree& tree, const profile::VisibleTree& visible,
             FunctionColumns& functions) {
  Json::array_t function, depth, hidden_count;
  for (std::size_t i = 0; i < visible.rows.size(); ++i) {
    function.emplace_back(functions.index_of(tree.function[visible.rows[i]]));
    depth.emplace_back(tree.depth[visible.rows[i]]);
    hidden_count.emplace_back(visible.hidden_count[i]);
  }
  std::vector<Json> self, total, hidden_total;
  for (std::size_t side = 0; side < tree.side_count(); ++side) {
    Json::array_t selves, totals, hidden;
    for (std::size_t i = 0; i < visible.rows.size(); ++i) {
      selves.push_back(number(tree.self[side][visible.rows[i]]));
      totals.push_back(number(tree.total[side][visible.rows[i]]));
      hidden.push_back(number(visible.hidden_total[side][i]));
    }
    self.emplace_back(std::move(selves));
    total.emplace_back(std::move(totals));
    hidden_total.emplace_back(std::move(hidden));
  }
  return {{"function", std::move(function)},
          {"depth", std::move(depth)},
          {"self", by_side(std::move(self))},
          {"total", by_side(std::move(total))},
          {"hidden_count", std::move(hidden_count)},
          {"hidden_total", by_side(std::move(hidden_total))}};
}

Json table_of(std::span<const profile::FunctionValue> rows, std::size_t side_count,
              FunctionColumns& functions) {
  Json::array_t function;
  for (const auto& row : rows) function.emplace_back(functions.index_of(row.function));
  std::vector<Json> self, total;
  for (std::size_t side = 0; side < side_count; ++side) {
    Json::array_t selves, totals;
    for (const auto& row : rows) {
      selves.push_back(number(row.self[side]));
      totals.push_back(number(row.total[side]));
    }
    self.emplace_back(std::move(selves));
    total.emplace_back(std::move(totals));
  }
  return {{"function", std::move(function)},
          {"self", by_side(std::move(self))},
          {"total", by_side(std::move(total))}};
}

}  // namespace phlox::format
