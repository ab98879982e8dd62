// Varints of up to 126 bits, 7 bits a byte, low bits first.
#pragma once

#include <cstdint>
#include <string>

#include "profile/sum.h"

namespace phlox::storage {

using Wide = profile::Sum::Wide;

inline constexpr int kMaxWideBits = 126;  // stays positive

inline void append_wide_varint(std::string& out, Wide value) {  // not negative
  while (value >= 0x80) {
    out.push_back(static_cast<char>(static_cast<unsigned char>(value & 0x7f) | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

// Moves `at` behind it; false where it is cut off or too long.
inline bool read_wide_varint(const unsigned char*& at, const unsigned char* end, Wide& value) {
  // Most numbers take one or two bytes, and 64 bits hold nine: the wide loop is for giants only.
  std::uint64_t low = 0;
  for (int shift = 0; shift < 63; shift += 7) {
    if (at == end) return false;
    const unsigned char byte = *at++;
    low |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      value = Wide{low};
      return true;
    }
  }
  value = Wide{low};
  for (int shift = 63; shift < kMaxWideBits && at != end; shift += 7) {
    const unsigned char byte = *at++;
    value |= Wide{byte & 0x7f} << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

}  // namespace phlox::storage
