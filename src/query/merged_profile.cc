#include "query/merged_profile.h"

#include <algorithm>

#include "base/cancellation.h"
#include "query/pipeline.h"

namespace phlox::query {
namespace {

Result<Side> read_side(storage::Store& store, const Selection& selection, std::string_view type,
                       profile::Symbols& symbols) {
  return with_plan(store, selection.from, selection.until, [&](Plan plan) -> Result<Side> {
    PHLOX_TRY(auto merged, store.merge(selection.selector, type, plan.tiles, symbols));
    return Side{std::move(plan), merged.totals, std::move(merged.values)};
  });
}

}  // namespace

Result<MergedProfile> merge(storage::Store& store, std::span<const Selection> selections) {
  const std::string& type = selections.front().type;
  PHLOX_TRY(profile::ProfileType parsed, profile::ProfileType::parse(type));
  MergedProfile merged{.type = std::move(parsed), .symbols = {}, .sides = {}};
  for (const Selection& selection : selections) {
    PHLOX_TRY(Side side, read_side(store, selection, type, merged.symbols));
    merged.sides.push_back(std::move(side));
  }
  return merged;
}

Result<profile::CallTree> MergedProfile::tree(profile::FunctionIdentity identity,
                                              std::span<const Operator> operators) const {
  std::vector<std::span<const profile::StackValue>> values;
  for (const Side& side : sides) values.emplace_back(side.values);
  if (operators.empty()) return profile::CallTree::build(symbols, values, identity);
  profile::StackSelf self(symbols, values, identity);
  PHLOX_TRY(check_not_cancelled());
  std::vector<bool> occupied(self.shape.size());
  for (const auto& side : self.by_side) {
    for (std::size_t node = 0; node < side.size(); ++node)
      occupied[node] = occupied[node] || side[node] != profile::Sum();
  }
  PHLOX_TRY(const Pipeline pipeline,
            Pipeline::plan(symbols, std::move(self.shape), std::move(occupied), operators));
  for (auto& side : self.by_side) side = pipeline.apply(std::move(side));
  return profile::CallTree::build(symbols, pipeline.shape(), self.by_side);
}

std::vector<Rate> Rate::of(const profile::ProfileType& type, std::span<const Side> sides) {
  // A side without any data does not spoil the unit of the other.
  const bool covered = std::ranges::all_of(sides, [](const Side& side) {
    return side.totals.covered_ns > 0 || side.totals.profiles == 0;
  });
  const bool is_time = type.sample.unit == "nanoseconds";
  std::vector<Rate> rates;
  for (const Side& side : sides) {
    const auto at_least_one = [](std::uint64_t n) { return std::max(1.0, static_cast<double>(n)); };
    if (type.is_gauge()) {
      rates.push_back(Rate(1, type.sample.unit));
    } else if (!covered) {
      rates.push_back(Rate(1, type.sample.unit));
    } else if (is_time) {
      rates.push_back(Rate(at_least_one(side.totals.covered_ns), "cores"));
    } else {
      rates.push_back(Rate(at_least_one(side.totals.covered_ns) / 1e9,
                           fmt::format("{} per second", type.sample.unit)));
    }
  }
  return rates;
}

}  // namespace phlox::query
