#include "query/tree_bytes.h"

#include "base/varint.h"

namespace phlox::query {
namespace {

void append_node(std::string& out, std::string_view name, std::int64_t self,
                 std::uint64_t children) {
  append_varint(out, name.size());
  out += name;
  append_varint(out, static_cast<std::uint64_t>(self));
  append_varint(out, children);
}

}  // namespace

std::string tree_bytes(const profile::Symbols& symbols, const profile::CallTree& tree,
                       const VisibleTree& visible) {
  if (tree.total[0][0] == 0) return {};
  std::vector<std::uint64_t> children(tree.size());
  for (std::size_t i = 0; i < visible.rows.size(); ++i) {
    const std::uint32_t row = visible.rows[i];
    if (row != 0) ++children[tree.parent[row]];
    if (visible.hidden_count[i] > 0) ++children[row];
  }
  std::string out;
  for (std::size_t i = 0; i < visible.rows.size(); ++i) {
    const std::uint32_t row = visible.rows[i];
    const std::string_view name =
        row == 0 ? std::string_view() : symbols.string(symbols.function(tree.function[row]).name);
    append_node(out, name, tree.self[0][row], children[row]);
    if (visible.hidden_count[i] > 0) append_node(out, "other", visible.hidden_total[0][i], 0);
  }
  return out;
}

}  // namespace phlox::query
