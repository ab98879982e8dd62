// LEB128 varints, 7 bits a byte, low bits first, as protobuf writes them; and zigzag for signed
// values.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace phlox {

inline constexpr int kMaxVarintBytes = 10;

inline void append_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

constexpr std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

// The first eight bytes, of which there must be so many; the first one is the low one.
inline std::uint64_t read_little_word(std::string_view bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes.data(), sizeof(word));
  if constexpr (std::endian::native == std::endian::big) word = std::byteswap(word);
  return word;
}

// Reads bytes from front to back; after the first failure every read fails, so a decoder may check
// once at its end. Looks at the bytes it was given; they must outlive it.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  bool done() const { return rest_.empty(); }
  bool failed() const { return failed_; }
  std::size_t remaining() const { return rest_.size(); }

  std::optional<std::uint64_t> varint() {
    std::uint64_t value = 0;
    if (!short_varint(value) && !any_varint(value)) return std::nullopt;
    return value;
  }

  // Two in a row, which takes little more than one where they have no more than eight bytes in all.
  bool varints(std::uint64_t& first, std::uint64_t& second) {
    if (short_varints(first, second)) return true;
    const auto one = varint();
    const auto other = varint();
    if (!one || !other) return false;
    first = *one;
    second = *other;
    return true;
  }

  // `size` bytes, still in the buffer the reader looks at.
  std::optional<std::string_view> bytes(std::size_t size) {
    if (size > rest_.size()) {
      fail();
      return std::nullopt;
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  // A varint length and that many bytes.
  std::optional<std::string_view> string() {
    const auto size = varint();
    if (!size) return std::nullopt;
    return bytes(*size);
  }

 private:
  // Up to eight bytes at once, where so many are left: which of them is the last is not for a
  // branch to guess, which takes longer than all else when it errs.
  bool short_varint(std::uint64_t& value) {
    if (rest_.size() < sizeof(value)) return false;
    const std::uint64_t word = read_little_word(rest_);
    const std::uint64_t ends = ~word & kEnds;
    if (ends == 0) return false;
    rest_.remove_prefix(bytes_up_to(ends));
    value = without_high_bits(word & up_to(ends));
    return true;
  }
  bool short_varints(std::uint64_t& first, std::uint64_t& second) {
    if (rest_.size() < sizeof(first)) return false;
    const std::uint64_t word = read_little_word(rest_);
    const std::uint64_t ends = ~word & kEnds;
    const std::uint64_t later_ends = ends & (ends - 1);
    if (later_ends == 0) return false;
    rest_.remove_prefix(bytes_up_to(later_ends));
    first = without_high_bits(word & up_to(ends));
    second = without_high_bits((word & up_to(later_ends)) >> (8 * bytes_up_to(ends)));
    return true;
  }
  static constexpr std::uint64_t kEnds = 0x8080808080808080;  // of varints, set where a byte is one
  static std::size_t bytes_up_to(std::uint64_t ends) {        // the first, with it
    return static_cast<std::size_t>(std::countr_zero(ends)) / 8 + 1;
  }
  static std::uint64_t up_to(std::uint64_t ends) { return ends ^ (ends - 1); }
  static std::uint64_t without_high_bits(std::uint64_t word) {  // closes up seven bits of each byte
    word = (word & 0x007f007f007f007f) | (word & 0x7f007f007f007f00) >> 1;
    word = (word & 0x00003fff00003fff) | (word & 0x3fff00003fff0000) >> 2;
    return (word & 0x000000000fffffff) | (word & 0x0fffffff00000000) >> 4;
  }
  bool any_varint(std::uint64_t& value) {
    const char* const begin = rest_.data();
    const std::size_t size = std::min<std::size_t>(rest_.size(), kMaxVarintBytes);
    for (std::size_t i = 0; i < size; ++i) {
      const auto byte = static_cast<unsigned char>(begin[i]);
      if (i == kMaxVarintBytes - 1 && byte > 1) break;  // would not fit 64 bits
      value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
      if (byte < 0x80) {
        rest_.remove_prefix(i + 1);
        return true;
      }
    }
    fail();
    return false;
  }
  void fail() {
    failed_ = true;
    rest_ = {};
  }

  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace phlox
