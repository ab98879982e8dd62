// gzip in memory, bounded on the way out: a small body that unpacks to gigabytes is refused, not
// unpacked.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace phlox {

// True for bytes that begin like gzip (RFC 1952: 1f 8b).
bool is_gzip(std::string_view bytes);

// kCorrupt for a truncated or damaged body, kLimit when the whole would pass max_size. Several
// members follow each other.
Result<std::string> gunzip(std::string_view compressed, std::size_t max_size);

// level 1 (fast) to 12 (small); one call's cost at level 6 is about 20 ns a byte of pprof.
std::string gzip(std::string_view bytes, int level = 6);

}  // namespace phlox
