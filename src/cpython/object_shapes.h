// Shapes of CPython's objects, as far as they are decoded from bytes that have been copied already:
// pure functions, for the hot path (StackReader) as for the rest (ObjectReader).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

#include "cpython/layout.h"

namespace phlox::cpython {

// Bits of tp_flags that say which builtin type a type is or is derived from (Include/object.h).
enum class TypeFlag : std::uint64_t {
  kInt = 1u << 23,  // of 2.7
  kLong = 1u << 24,
  kList = 1u << 25,
  kTuple = 1u << 26,
  kBytes = 1u << 27,   // in 2.7 str
  kString = 1u << 28,  // in 2.7 unicode
  kDict = 1u << 29,
};
constexpr bool has_flag(std::uint64_t flags, TypeFlag flag) {
  return (flags & static_cast<std::uint64_t>(flag)) != 0;
}

template <class T>
T load_at(std::span<const std::byte> bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.subspan(at, sizeof value).data(), sizeof value);
  return value;
}

// A str in compact form (PEP 393): `length` characters of `char_bytes` each.
struct StringShape {
  std::uint64_t length = 0;
  std::uint32_t char_bytes = 0;  // 1, 2 or 4
  std::uint32_t data_at = 0;     // from the start of the object
};
std::uint32_t string_header_bytes(const Layout& layout);
// `header`: so many bytes from the start of the object. nullopt for what is no compact string.
std::optional<StringShape> parse_string(const Layout& layout, std::span<const std::byte> header);
// One of its characters, from the bytes of all.
std::uint32_t char_at(std::span<const std::byte> data, std::uint32_t char_bytes, std::size_t index);
// What is no character, as a lone surrogate, becomes U+FFFD.
class Utf8 {
 public:
  explicit Utf8(std::uint32_t character);
  std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  std::array<char, 4> bytes_{};
  std::size_t size_ = 0;
};

// Where the entries of a dict are, after a PyDictKeysObject's header and its indices.
struct DictShape {
  std::uint64_t count = 0;        // entries in use, deleted ones (without value) included
  std::uint64_t entries_at = 0;   // from the start of the keys
  std::uint32_t entry_bytes = 0;  // each
  std::uint32_t key_at = 0;       // in an entry; the value follows
};
// `header`: Layout::keys_indices bytes.
std::optional<DictShape> parse_dict_keys(const Layout& layout, std::span<const std::byte> header);

}  // namespace phlox::cpython
