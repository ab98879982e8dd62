// Profile: samples of one or more value types over a stretch of time, as it travels between
// sampler, formats and store.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/clock.h"
#include "profile/labels.h"
#include "profile/profile_type.h"
#include "profile/stack_source.h"
#include "profile/symbols.h"

namespace phlox::profile {

// What a profile says, but for what its stacks are.
struct Samples {
  std::vector<ValueType> sample_types;  // at least one
  ValueType period_type;
  std::int64_t period = 0;  // in period_type.unit; 0 if unknown
  WallTime start{};         // 1970 if unknown
  Nanoseconds duration{};   // 0 if unknown

  // Samples as columns. Row i: stacks[i], label_sets[label_set_of[i]], and values[i *
  // sample_types.size() ...].
  std::vector<StackId> stacks;
  std::vector<std::uint32_t> label_set_of;
  std::vector<std::int64_t> values;
  std::vector<Labels> label_sets = {Labels()};  // 0 is "no labels"

  std::size_t sample_count() const { return stacks.size(); }
  std::span<const std::int64_t> values_of(std::size_t sample) const {
    return std::span(values).subspan(sample * sample_types.size(), sample_types.size());
  }
  // One value for each sample type.
  void add_sample(StackId stack, std::span<const std::int64_t> sample_values,
                  std::uint32_t label_set = 0) {
    stacks.push_back(stack);
    label_set_of.push_back(label_set);
    values.insert(values.end(), sample_values.begin(), sample_values.end());
  }
};

struct Profile : Samples {
  Symbols symbols;  // of the stacks
};

// A profile on its way into a store, which knows most of its stacks.
struct HashedProfile : Samples {
  std::unique_ptr<StackSource> source;  // of the stacks
};

}  // namespace phlox::profile
