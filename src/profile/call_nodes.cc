#include "profile/call_nodes.h"

#include <algorithm>
#include <tuple>

#include "profile/call_tree.h"

namespace phlox::profile {

bool ByName::operator()(FunctionId a, FunctionId b) const {
  const auto key = [this](FunctionId id) {
    const Function& f = symbols.function(id);
    return std::tuple(symbols.string(f.name), symbols.string(f.file), index_of(id));
  };
  return key(a) < key(b);
}

std::vector<std::uint32_t> number_functions(const Symbols& symbols, const std::vector<bool>& used,
                                            std::vector<FunctionId>& functions) {
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (used[i]) functions.push_back(id_at<FunctionId>(i));
  }
  std::ranges::sort(functions, ByName{symbols});
  std::vector<std::uint32_t> place(used.size());
  for (std::uint32_t i = 0; i < functions.size(); ++i) place[index_of(functions[i])] = i;
  return place;
}

CallNodes nodes_of(const Symbols& symbols, FunctionIdentity identity) {
  const std::vector<FunctionId> representative = representatives(symbols, identity);
  std::vector<bool> used(symbols.function_count());
  for (std::size_t i = 0; i < symbols.frame_count(); ++i)
    used[index_of(representative[index_of(symbols.frame(id_at<FrameId>(i)).function)])] = true;
  CallNodes nodes;
  const auto place = number_functions(symbols, used, nodes.functions);
  std::vector<std::uint32_t> place_of_frame(symbols.frame_count());
  for (std::size_t i = 0; i < place_of_frame.size(); ++i) {
    const FunctionId function = symbols.frame(id_at<FrameId>(i)).function;
    place_of_frame[i] = place[index_of(representative[index_of(function)])];
  }
  nodes.parent.resize(symbols.stack_count());
  nodes.place.resize(symbols.stack_count());
  for (std::size_t i = 1; i < nodes.size(); ++i) {
    const StackNode& stack = symbols.stack(id_at<StackId>(i));
    nodes.parent[i] = static_cast<std::uint32_t>(stack.parent);
    nodes.place[i] = place_of_frame[index_of(stack.frame)];
  }
  return nodes;
}

void find_subtree_ends(CallTree& tree) {
  tree.subtree_end.resize(tree.size());
  for (auto row = static_cast<std::uint32_t>(tree.size()); row-- > 0;) {
    tree.subtree_end[row] = std::max(tree.subtree_end[row], row + 1);
    auto& end = tree.subtree_end[tree.parent[row]];
    end = std::max(end, tree.subtree_end[row]);
  }
}

}  // namespace phlox::profile
