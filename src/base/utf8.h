// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace phlox {

bool is_ascii(std::string_view text);

bool is_utf8(std::string_view text);

// How many bytes of it, from the begin on, are whole characters.
std::size_t utf8_prefix(std::string_view text);

// Each byte that is of no character becomes U+FFFD.
std::string as_utf8(std::string_view text);

}  // namespace phlox
