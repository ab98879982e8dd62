#include "query/dot.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "profile/top_table.h"
#include "query/comparison.h"

namespace phlox::query {
namespace {

using profile::FunctionId;
using Edge = std::pair<FunctionId, FunctionId>;

std::string quoted(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' || c == '\r' ? ' ' : c;
  }
  return out;
}

// Rows are in preorder, so the edges above a row are a stack.
std::map<Edge, std::int64_t> edges_of(const profile::CallTree& tree) {
  std::map<Edge, std::int64_t> values;
  std::map<Edge, int> above;
  std::vector<Edge> path;
  for (std::uint32_t row = 1; row < tree.size(); ++row) {
    for (; path.size() >= tree.depth[row]; path.pop_back()) --above[path.back()];
    const Edge edge{tree.function[tree.parent[row]], tree.function[row]};
    path.push_back(edge);
    if (above[edge]++ == 0) values[edge] += tree.total[0][row];
  }
  return values;
}

}  // namespace

std::string dot(const profile::Symbols& symbols, const profile::CallTree& tree,
                const std::string& unit, std::size_t max_functions) {
  auto rows = profile::top_table(tree);
  sort_by_total(rows, symbols, max_functions);
  rows.resize(std::min(rows.size(), max_functions));
  std::unordered_map<FunctionId, std::size_t> numbers;
  std::string out = fmt::format("digraph profile {{\nlabel=\"total {} {}\"\nnode [shape=box]\n",
                                tree.total[0][0], quoted(unit));
  for (const profile::FunctionValue& row : rows) {
    const std::size_t number = numbers.size() + 1;
    numbers.emplace(row.function, number);
    fmt::format_to(std::back_inserter(out), "N{} [label=\"{}\\nself {}\\ntotal {}\"]\n", number,
                   quoted(symbols.string(symbols.function(row.function).name)), row.self[0],
                   row.total[0]);
  }
  for (const auto& [edge, value] : edges_of(tree)) {
    const auto caller = numbers.find(edge.first);
    const auto callee = numbers.find(edge.second);
    if (caller == numbers.end() || callee == numbers.end()) continue;
    fmt::format_to(std::back_inserter(out), "N{} -> N{} [label=\"{}\"]\n", caller->second,
                   callee->second, value);
  }
  return out + "}\n";
}

}  // namespace phlox::query
