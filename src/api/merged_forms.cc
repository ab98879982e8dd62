#include "api/merged_forms.h"

#include "profile/overview.h"

namespace phlox::api {
namespace {

// Each node's own value, at the path of its functions.
void add_samples(const profile::CallTree& tree, profile::Profile& profile) {
  std::vector<profile::StackId> stacks(tree.size(), profile::StackId::kEmpty);
  for (std::uint32_t row = 0; row < tree.size(); ++row) {
    if (row != 0) {
      const auto line = profile.symbols.function(tree.function[row]).first_line;
      const auto frame =
          profile.symbols.intern_frame({.function = tree.function[row], .line = line});
      stacks[row] = profile.symbols.intern_child(stacks[tree.parent[row]], frame);
    }
    if (tree.self[0][row] != 0) profile.add_sample(stacks[row], {&tree.self[0][row], 1});
  }
}

}  // namespace

Result<CutTree> cut_tree(const query::MergedProfile& merged,
                         std::span<const query::Operator> operators, std::size_t max_nodes) {
  if (merged.sides.size() == 1 && operators.empty()) {
    PHLOX_TRY(auto calls,
              profile::largest_calls(merged.symbols, merged.sides[0].values, max_nodes));
    return CutTree{std::move(calls.tree), std::move(calls.visible)};
  }
  const auto identity = merged.sides.size() == 1 ? profile::FunctionIdentity::kExact
                                                 : profile::FunctionIdentity::kIgnoreFirstLine;
  PHLOX_TRY(auto tree, merged.tree(identity, operators));
  const auto rates = query::Rate::of(merged.type, merged.sides);
  auto visible = query::visible_part(tree, rates, max_nodes);
  return CutTree{std::move(tree), std::move(visible)};
}

Result<query::Flamebearer> flame_graph(const query::MergedProfile& merged,
                                       std::span<const query::Operator> operators,
                                       std::size_t max_nodes) {
  PHLOX_TRY(const CutTree cut, cut_tree(merged, operators, max_nodes));
  return query::flamebearer(merged.symbols, cut.tree, cut.visible);
}

Result<profile::Profile> to_profile(query::MergedProfile merged,
                                    std::span<const query::Operator> operators) {
  const query::Side& side = merged.sides[0];
  profile::Profile profile;
  profile.sample_types = {merged.type.sample};
  profile.period_type = merged.type.period;
  profile.start = from_unix_ms(side.plan.from_s * 1000);
  profile.duration = std::chrono::seconds(side.plan.until_s - side.plan.from_s);
  if (operators.empty()) {
    profile.symbols = std::move(merged.symbols);
    for (const auto& value : side.values) profile.add_sample(value.stack, {&value.value, 1});
    return profile;
  }
  PHLOX_TRY(const auto tree, merged.tree(profile::FunctionIdentity::kExact, operators));
  profile.symbols = std::move(merged.symbols);
  add_samples(tree, profile);
  return profile;
}

}  // namespace phlox::api
