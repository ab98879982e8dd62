// What a page of ours may load: nothing from elsewhere, no inline scripts. Inline styles are what
// canvas and charts set on their elements.
#pragma once

#include <string_view>

namespace phlox::api {

inline constexpr std::string_view kPagePolicy =
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: "
    "blob:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

}  // namespace phlox::api
