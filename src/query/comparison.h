// Comparison of two selections: what changed, in cores and in words.
#pragma once

#include <string>
#include <vector>

#include "profile/top_table.h"
#include "query/merged_profile.h"

namespace phlox::query {

struct Headline {
  profile::FunctionId changed = profile::kNoFunction;
  profile::FunctionId unchanged = profile::kNoFunction;
  std::string sentence;
};

// Rows by the size of the change of their total, largest first.
void sort_by_change(std::vector<profile::FunctionValue>& rows, std::span<const Rate> rates,
                    const profile::Symbols& symbols);
// The first `wanted` rows by total, largest first; the rest stands behind them in no order.
void sort_by_total(std::vector<profile::FunctionValue>& rows, const profile::Symbols& symbols,
                   std::size_t wanted);

// changed: of the functions whose total changed by at least 9/10 of the largest change, the one
// with the smallest total; it says best what changed, since its callers changed as much. unchanged:
// the largest function that changed by less than 3 % and never shares a stack with it.
Headline headline(const MergedProfile& merged, const profile::CallTree& tree,
                  std::span<const profile::FunctionValue> rows, std::span<const Rate> rates);

}  // namespace phlox::query
