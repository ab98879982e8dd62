#include "query/call_site.h"

#include <algorithm>
#include <vector>

namespace phlox::query {

void keep_call_site(MergedProfile& merged, std::span<const std::string> functions) {
  if (functions.empty()) return;
  const profile::Symbols& symbols = merged.symbols;
  constexpr std::size_t kNoMatch = SIZE_MAX;
  // How much of the call site the path to each node has matched. Parents come before their
  // children.
  std::vector<std::size_t> matched(symbols.stack_count(), kNoMatch);
  matched[0] = 0;
  for (std::size_t i = 1; i < matched.size(); ++i) {
    const profile::StackNode& node = symbols.stack(profile::id_at<profile::StackId>(i));
    const std::size_t of_parent = matched[index_of(node.parent)];
    if (of_parent == kNoMatch || of_parent == functions.size()) {
      matched[i] = of_parent;
    } else if (symbols.string(symbols.function(symbols.frame(node.frame).function).name) ==
               functions[of_parent]) {
      matched[i] = of_parent + 1;
    }
  }
  for (Side& side : merged.sides) {
    std::erase_if(side.values, [&](const profile::StackValue& value) {
      return matched[index_of(value.stack)] != functions.size();
    });
  }
}

}  // namespace phlox::query
