#include "query/label_values.h"

#include <algorithm>

#include "query/selector_parser.h"

namespace phlox::query {
namespace {

// Sorted; "" is not a value.
Result<std::vector<std::vector<std::string>>> all_values(storage::Store& store,
                                                         const Selection& selection,
                                                         const LabelValuesWanted& wanted) {
  storage::Selector selector = selection.selector;
  if (!wanted.contains.empty())
    PHLOX_TRY(selector.add(wanted.label, storage::Matcher::Operator::kMatches,
                           pattern_anywhere(wanted.contains)));
  PHLOX_TRY(auto found, with_plan(store, selection.from, selection.until, [&](const Plan& plan) {
              return store.label_sets(std::span(&selector, 1), plan.tiles,
                                      std::span(&wanted.label, 1));
            }));
  if (!found.empty() && found.front()[0].empty()) found.erase(found.begin());
  return found;
}

}  // namespace

Result<LabelValues> label_values(storage::Store& store, const Selection& selection,
                                 const LabelValuesWanted& wanted) {
  PHLOX_TRY(auto found, all_values(store, selection, wanted));
  LabelValues out{.values = {}, .total = found.size(), .next = {}};
  auto at = std::ranges::upper_bound(found, wanted.after, {},
                                     [](const auto& values) -> const auto& { return values[0]; });
  for (; at != found.end() && out.values.size() < wanted.limit; ++at)
    out.values.push_back(std::move((*at)[0]));
  if (at != found.end()) out.next = out.values.back();
  return out;
}

}  // namespace phlox::query
