// A profile as one HTML file that needs neither server nor network: the page of web/ with what it
// shows inside. docs/formats/kept-page.md draws the file.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "profile/profile.h"

namespace phlox::format {

// What the file is kept below, so that it passes through mail and chats.
inline constexpr std::size_t kMaxKeptPageBytes = 1'000'000;

struct KeptPage {
  std::string_view title;         // what was profiled, for the reader
  std::string_view profile_name;  // process_cpu: what comes before the sample type
  std::size_t column = 0;         // of the profile's sample types
};

// `page` is /kept.html of the web page's files. Of a tree that is too large the smallest frames are
// left out, each group of them as a count and a sum at their caller; the page says so. kInvalid
// when `page` has no place for a profile or the profile no such column, kLimit when a sum does not
// fit 64 bits or even the smallest tree is too large. Costs one encoding of the tree for each
// halving.
Result<std::string> encode_kept_page(const profile::Profile& profile, const KeptPage& kept,
                                     std::string_view page);

}  // namespace phlox::format
