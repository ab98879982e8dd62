// Which value of a label has most of a selection: what a reader who has chosen nothing yet is
// shown.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "query/merged_profile.h"

namespace phlox::query {

// Of those that are equal the first by name; nothing where no series has a profile in the range.
// Reads totals, not stacks, of all series that are selected. Any thread; errors of the store.
Result<std::optional<std::string>> largest_value(storage::Store& store, const Selection& selection,
                                                 std::string_view label);

}  // namespace phlox::query
