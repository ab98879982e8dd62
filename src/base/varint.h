// LEB128 varints, 7 bits a byte, low bits first, as protobuf writes them; and zigzag for signed
// values.
#pragma once

#include <algorithm>
#include <cstdint>
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

// Reads bytes from front to back; after the first failure every read fails, so a decoder may check
// once at its end. Looks at the bytes it was given; they must outlive it.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  bool done() const { return rest_.empty(); }
  bool failed() const { return failed_; }
  std::size_t remaining() const { return rest_.size(); }

  std::optional<std::uint64_t> varint() {
    const char* const begin = rest_.data();
    const std::size_t size = std::min<std::size_t>(rest_.size(), kMaxVarintBytes);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const auto byte = static_cast<unsigned char>(begin[i]);
      if (i == kMaxVarintBytes - 1 && byte > 1) break;  // would not fit 64 bits
      value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
      if (byte < 0x80) {
        rest_ = {begin + i + 1, rest_.size() - i - 1};
        return value;
      }
    }
    return fail();
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
  std::nullopt_t fail() {
    failed_ = true;
    rest_ = {};
    return std::nullopt;
  }

  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace phlox
