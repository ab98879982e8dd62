// Values of one label, page by page: a label such as a pod's name has a hundred thousand.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "query/merged_profile.h"

namespace phlox::query {

struct LabelValuesWanted {
  std::string label;
  std::string contains;  // in either case of letters; empty: all
  std::string after;     // only values behind this one
  std::size_t limit = 0;
};
struct LabelValues {
  std::vector<std::string> values;  // sorted, at most the limit
  std::size_t total = 0;            // that contain what was asked for, before `after` and limit
  std::optional<std::string> next;  // what to ask for as `after`; none at the end
};

// Of series of any type that the selection picks. Any thread; errors of the store.
Result<LabelValues> label_values(storage::Store& store, const Selection& selection,
                                 const LabelValuesWanted& wanted);

}  // namespace phlox::query
