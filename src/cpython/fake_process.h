// FakeProcess: the memory of a CPython that never ran, laid out piece by piece for tests of what
// reads it.
#pragma once

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "cpython/layout.h"
#include "cpython/line_table.h"

namespace phlox::cpython {

// What tests of all versions have for a parameter: the minor version of 3.x, or this.
inline constexpr int kPython2_7 = 27;
inline const Layout& layout_of_parameter(int version) {
  return version == kPython2_7 ? *layout_of(7, 2) : *layout_of(static_cast<std::uint32_t>(version));
}

class FakeProcess final : public process::MemoryReader {
 public:
  using Address = process::RemoteAddress;

  explicit FakeProcess(const Layout& layout) : layout_(layout) {}

  std::size_t read_ranges(std::span<const process::ReadRange> ranges) const override {
    if (before_read) before_read();
    ++calls;
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      const auto* bytes = find(ranges[i].from, ranges[i].into.size());
      if (bytes == nullptr) return i;
      std::memcpy(ranges[i].into.data(), bytes, ranges[i].into.size());
    }
    return ranges.size();
  }

  // A zeroed piece of memory; pieces are far apart, so reading past one fails.
  Address allocate(std::size_t size) {
    const auto at = Address{next_};
    pieces_[next_].resize(size);
    next_ += (size + 0x1fff) / 0x1000 * 0x1000;
    return at;
  }
  void release(Address at) { pieces_.erase(to_number(at)); }

  template <class T>
  void put(Address at, T value) {
    auto piece = std::prev(pieces_.upper_bound(to_number(at)));
    std::memcpy(piece->second.data() + (to_number(at) - piece->first), &value, sizeof value);
  }
  template <class T>
  void put(Address base, std::uint32_t offset, T value) {
    put(base + offset, value);
  }

  Address string(std::string_view ascii) {
    if (layout_.has_byte_strings()) return bytes(ascii);
    const Address at = allocate(layout_.string_ascii_data + ascii.size() + 1);
    put(at, layout_.string_length, std::uint64_t{ascii.size()});
    put(at, layout_.string_state,
        1u << layout_.string_kind_shift | 1u << layout_.string_compact_shift |
            1u << layout_.string_ascii_shift);
    for (std::size_t i = 0; i < ascii.size(); ++i)
      put(at + layout_.string_ascii_data + i, ascii[i]);
    return at;
  }
  // Two bytes a character.
  Address wide_string(std::u16string_view text) {
    const Address at = allocate(layout_.string_compact_data + 2 * text.size() + 2);
    put(at, layout_.string_length, std::uint64_t{text.size()});
    put(at, layout_.string_state,
        2u << layout_.string_kind_shift | 1u << layout_.string_compact_shift);
    for (std::size_t i = 0; i < text.size(); ++i)
      put(at + layout_.string_compact_data + 2 * i, text[i]);
    return at;
  }
  Address bytes(std::string_view text) {
    const Address at = allocate(layout_.bytes_data + text.size() + 1);
    put(at, layout_.bytes_size, std::uint64_t{text.size()});
    for (std::size_t i = 0; i < text.size(); ++i) put(at + layout_.bytes_data + i, text[i]);
    return at;
  }
  // A type object; each call makes one.
  Address type(std::string_view name, std::uint64_t flags = 0) {
    const Address at = allocate(std::max(layout_.type_name, layout_.type_flags) + 8);
    const Address text = allocate(256);  // memory comes in pages, and what reads a name knows it
    for (std::size_t i = 0; i < name.size(); ++i) put(text + i, name[i]);
    put(at, layout_.type_name, text);
    put(at, layout_.type_flags, flags);
    return at;
  }
  Address object(Address type, std::size_t size) {
    const Address at = allocate(size);
    put(at, layout_.object_type, type);
    return at;
  }
  Address code_type() {
    if (code_type_ == Address::kNull) code_type_ = type("code");
    return code_type_;
  }
  void fill_code(Address at, Address name, std::string_view file, std::uint32_t first_line) {
    put(at, layout_.object_type, code_type());
    put(at, layout_.code_qualname, name);
    put(at, layout_.code_filename, string(file));
    put(at, layout_.code_first_line, first_line);
    put(at, layout_.code_line_table, bytes(line_table()));
  }
  Address code(std::string_view name, std::string_view file = "app.py",
               std::uint32_t first_line = 10) {
    const Address at = allocate(kCodeBytes);
    fill_code(at, string(name), file, first_line);
    return at;
  }

  // A frame at a given place.
  void frame(Address at, Address code, Address previous, std::uint8_t owner = 0) {
    put(at, layout_.frame_code, to_number(code) | (layout_.frame_code_tag & 1u));
    put(at, layout_.frame_previous, previous);
    if (layout_.has_frame_objects())
      return put(at, layout_.frame_last_instruction, std::int32_t{0});
    put(at, layout_.frame_instruction, to_number(code) + layout_.code_instructions);
    put(at, layout_.frame_owner, owner);
  }

  static constexpr std::size_t kCodeBytes = 320;
  mutable int calls = 0;
  std::function<void()> before_read;

 private:
  // The first instructions are on the first line plus 1.
  std::string_view line_table() const {
    using namespace std::string_view_literals;
    switch (line_table_format(layout_)) {
      case LineTableFormat::kGrowingLineNumbers:
      case LineTableFormat::kLineNumbers:
        return "\0\x01"sv;
      case LineTableFormat::kLineRanges:
        return "\x10\x01"sv;
      case LineTableFormat::kLocations:
        return "\xef\x02"sv;  // 8 code units without columns: kind 13, signed varint 2
    }
    return {};
  }

  const std::byte* find(Address at, std::size_t size) const {
    auto piece = pieces_.upper_bound(to_number(at));
    if (piece == pieces_.begin()) return nullptr;
    --piece;
    const std::uint64_t offset = to_number(at) - piece->first;
    return offset + size <= piece->second.size() ? piece->second.data() + offset : nullptr;
  }

  const Layout& layout_;
  std::map<std::uint64_t, std::vector<std::byte>> pieces_;
  std::uint64_t next_ = 0x10000;
  Address code_type_{};
};

}  // namespace phlox::cpython
