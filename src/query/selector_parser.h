// Text to selector. Three forms:
//
//     {service_name="shop",pod=~"web-.*"}                        Prometheus matchers, {} is
//     everything process_cpu:cpu:nanoseconds:cpu:nanoseconds{pod="a"}        a profile type and
//     matchers shop.cpu{pod="a"}                                           a service, what to
//     measure, matchers
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "storage/selector.h"

namespace phlox::query {

inline constexpr std::size_t kMaxSelectorBytes = std::size_t{16} * 1024;

struct ParsedSelector {
  storage::Selector selector;
  std::optional<std::string> type;  // where the text names one
};

// Blank text is {}. kInvalid says at which character and what was expected.
Result<ParsedSelector> parse_selector(std::string_view text);

// A pattern for kMatches that finds `text` anywhere, in either case of letters.
std::string pattern_anywhere(std::string_view text);

// The profile type that the last part of a classic application name means: "cpu", "wall",
// "alloc_space" ...; nothing for a word that is none.
std::optional<std::string> type_of_suffix(std::string_view suffix);

}  // namespace phlox::query
