#include "query/flamebearer.h"

#include <algorithm>
#include <unordered_map>

namespace phlox::query {
namespace {

class Encoder {
 public:
  Encoder(const profile::Symbols& symbols, const profile::CallTree& tree)
      : symbols_(symbols), tree_(tree), sides_(tree.side_count()), cursor_(sides_) {
    name_index("total");
  }

  Flamebearer encode(const VisibleTree& visible) {
    for (auto& cursor : cursor_) cursor.resize(tree_.size());
    // Children lie right of their parent's self, in the tree's order. "other" is the first of them,
    // as only the parent knows its hidden total when it is reached.
    for (std::size_t i = 0; i < visible.rows.size(); ++i) {
      const std::uint32_t row = visible.rows[i];
      std::vector<Node> node(sides_);
      for (std::size_t side = 0; side < sides_; ++side) {
        std::int64_t& next = cursor_[side][tree_.parent[row]];
        const std::int64_t x = row == 0 ? 0 : next;
        node[side] = {x, tree_.total[side][row], tree_.self[side][row]};
        if (row != 0) next += node[side].total;
        cursor_[side][row] = x + node[side].self;
      }
      add(tree_.depth[row], node, name_of(tree_.function[row]));
      if (visible.hidden_count[i] > 0) add_hidden(row, i, visible);
    }
    for (std::size_t side = 0; side < sides_; ++side) out_.totals.push_back(tree_.total[side][0]);
    return std::move(out_);
  }

 private:
  struct Node {
    std::int64_t x = 0;
    std::int64_t total = 0;
    std::int64_t self = 0;
  };

  void add_hidden(std::uint32_t row, std::size_t index, const VisibleTree& visible) {
    std::vector<Node> node(sides_);
    for (std::size_t side = 0; side < sides_; ++side) {
      const std::int64_t hidden = visible.hidden_total[side][index];
      node[side] = {cursor_[side][row], hidden, hidden};
      cursor_[side][row] += hidden;
    }
    add(tree_.depth[row] + 1, node, name_index("other"));
  }

  void add(std::uint32_t depth, const std::vector<Node>& node, std::int64_t name) {
    if (out_.levels.size() <= depth) {
      out_.levels.resize(depth + 1);
      row_end_.resize(depth + 1, std::vector<std::int64_t>(sides_));
    }
    for (std::size_t side = 0; side < sides_; ++side) {
      std::int64_t& end = row_end_[depth][side];
      auto& level = out_.levels[depth];
      level.insert(level.end(), {node[side].x - end, node[side].total, node[side].self});
      end = node[side].x + node[side].total;
      out_.max_self = std::max(out_.max_self, node[side].self);
    }
    out_.levels[depth].push_back(name);
  }

  std::int64_t name_of(profile::FunctionId function) {
    if (function == profile::kNoFunction) return 0;
    return name_index(symbols_.string(symbols_.function(function).name));
  }
  std::int64_t name_index(std::string_view name) {
    const auto [entry, added] =
        name_indices_.try_emplace(std::string(name), static_cast<std::int64_t>(out_.names.size()));
    if (added) out_.names.emplace_back(name);
    return entry->second;
  }

  const profile::Symbols& symbols_;
  const profile::CallTree& tree_;
  std::size_t sides_;
  Flamebearer out_;
  std::vector<std::vector<std::int64_t>> cursor_;   // [side][row]: where its next child begins
  std::vector<std::vector<std::int64_t>> row_end_;  // [depth][side]
  std::unordered_map<std::string, std::int64_t> name_indices_;
};

}  // namespace

Flamebearer flamebearer(const profile::Symbols& symbols, const profile::CallTree& tree,
                        const VisibleTree& visible) {
  return Encoder(symbols, tree).encode(visible);
}

}  // namespace phlox::query
