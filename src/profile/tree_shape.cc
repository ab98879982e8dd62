#include "profile/tree_shape.h"

#include <map>
#include <tuple>

namespace phlox::profile {
namespace {

constexpr std::uint32_t kUnseen = UINT32_MAX;

}  // namespace

std::vector<FunctionId> representatives(const Symbols& symbols, FunctionIdentity identity) {
  std::vector<FunctionId> of(symbols.function_count());
  if (identity == FunctionIdentity::kExact) {
    for (std::size_t i = 0; i < of.size(); ++i) of[i] = id_at<FunctionId>(i);
    return of;
  }
  std::map<std::tuple<StringId, StringId, StringId, FunctionKind>, FunctionId> first;
  for (std::size_t i = 0; i < of.size(); ++i) {
    const Function& f = symbols.function(id_at<FunctionId>(i));
    of[i] =
        first.try_emplace({f.name, f.file, f.module, f.kind}, id_at<FunctionId>(i)).first->second;
  }
  return of;
}

StackNodes::StackNodes(const Symbols& symbols, FunctionIdentity identity, TreeShape& shape)
    : symbols_(symbols),
      shape_(shape),
      representative_(representatives(symbols, identity)),
      node_of_stack_(symbols.stack_count(), kUnseen) {
  node_of_stack_[index_of(StackId::kEmpty)] = TreeShape::kRoot;
}

std::uint32_t StackNodes::node_of(StackId stack) {
  std::uint32_t& known = node_of_stack_[index_of(stack)];
  if (known != kUnseen) return known;
  const StackNode& node = symbols_.stack(stack);
  const std::uint32_t parent = node_of(node.parent);  // at most kMaxStackFrames deep
  return known =
             shape_.child(parent, representative_[index_of(symbols_.frame(node.frame).function)]);
}

}  // namespace phlox::profile
