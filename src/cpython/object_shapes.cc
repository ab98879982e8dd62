#include "cpython/object_shapes.h"

#include <algorithm>

namespace phlox::cpython {
namespace {

constexpr std::uint32_t kMaxLog2IndexBytes = 40;

}  // namespace

std::uint32_t string_header_bytes(const Layout& layout) {
  return std::max({layout.string_length, layout.string_state, layout.object_type}) + kWord;
}

std::optional<StringShape> parse_string(const Layout& layout, std::span<const std::byte> header) {
  const auto state = load_at<std::uint32_t>(header, layout.string_state);
  const std::uint32_t char_bytes = state >> layout.string_kind_shift & 7u;
  const bool compact = (state >> layout.string_compact_shift & 1u) != 0;
  const bool ascii = (state >> layout.string_ascii_shift & 1u) != 0;
  if (!compact || (char_bytes != 1 && char_bytes != 2 && char_bytes != 4)) return std::nullopt;
  return StringShape{.length = load_at<std::uint64_t>(header, layout.string_length),
                     .char_bytes = char_bytes,
                     .data_at = ascii ? layout.string_ascii_data : layout.string_compact_data};
}

std::uint32_t char_at(std::span<const std::byte> data, std::uint32_t char_bytes,
                      std::size_t index) {
  switch (char_bytes) {
    case 1:
      return load_at<std::uint8_t>(data, index);
    case 2:
      return load_at<std::uint16_t>(data, 2 * index);
    default:
      return load_at<std::uint32_t>(data, 4 * index);
  }
}

Utf8::Utf8(std::uint32_t c) {
  constexpr std::uint32_t kReplacement = 0xFFFD;
  if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) c = kReplacement;
  const auto put = [this](std::uint32_t byte) { bytes_[size_++] = static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
    return;
  }
  // The first byte says how many follow, with six bits each.
  const std::uint32_t more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  const std::uint32_t mark = more == 1 ? 0xC0u : more == 2 ? 0xE0u : 0xF0u;
  put(mark | c >> 6 * more);
  for (std::uint32_t left = more; left-- > 0;) put(0x80 | (c >> 6 * left & 0x3F));
}

std::optional<DictShape> parse_dict_keys(const Layout& layout, std::span<const std::byte> header) {
  DictShape shape{.count = load_at<std::uint64_t>(header, layout.keys_entry_count)};
  std::uint64_t index_bytes = 0;
  if (layout.keys_kind == kNone) {
    // Indices are as wide as their number needs (Objects/dictobject.c: DK_IXSIZE).
    const auto size = load_at<std::uint64_t>(header, layout.keys_index_size);
    if (size > UINT32_MAX) return std::nullopt;
    index_bytes = size * (size <= 0xff ? 1u : size <= 0xffff ? 2u : 4u);
    shape.entry_bytes = 3 * kWord;
  } else {
    const auto log2 = load_at<std::uint8_t>(header, layout.keys_index_size);
    if (log2 > kMaxLog2IndexBytes) return std::nullopt;
    index_bytes = std::uint64_t{1} << log2;
    const bool is_general = load_at<std::uint8_t>(header, layout.keys_kind) == 0;
    shape.entry_bytes = is_general ? 3 * kWord : 2 * kWord;
  }
  shape.key_at = shape.entry_bytes - 2 * kWord;  // a hash may stand before it
  shape.entries_at = layout.keys_indices + index_bytes;
  return shape;
}

}  // namespace phlox::cpython
