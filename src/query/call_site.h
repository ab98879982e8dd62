// The part of a merged profile below one call site.
#pragma once

#include <span>
#include <string>

#include "query/merged_profile.h"

namespace phlox::query {

// Keeps the stacks that begin with these functions, root first; all when there are none. What is
// known of coverage and counts stays: it is that of the whole selection.
void keep_call_site(MergedProfile& merged, std::span<const std::string> functions);

}  // namespace phlox::query
