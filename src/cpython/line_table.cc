#include "cpython/line_table.h"

namespace phlox::cpython {
namespace {

class TableReader {
 public:
  explicit TableReader(std::string_view table) : rest_(table) {}
  bool done() const { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto value = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 60; shift += 6) {
      const std::uint8_t b = byte();
      value |= static_cast<std::uint64_t>(b & 63u) << shift;
      if ((b & 64u) == 0) break;
    }
    return value;
  }
  std::int64_t signed_varint() {
    const std::uint64_t value = varint();
    const auto magnitude = static_cast<std::int64_t>(value >> 1);
    return (value & 1) != 0 ? -magnitude : magnitude;
  }

 private:
  std::string_view rest_;
};

enum Kind : std::uint8_t {
  kLastShort = 9,
  kOneLineFirst = 10,
  kOneLineLast = 12,
  kNoColumns = 13,
  kLong = 14,
  kNoLine = 15
};

// Reads the rest of an entry; returns by how much the line moves.
std::int64_t read_line_delta(TableReader& reader, std::uint8_t kind) {
  if (kind <= kLastShort) {
    reader.byte();
    return 0;
  }
  if (kind <= kOneLineLast) {
    reader.byte();
    reader.byte();
    return kind - kOneLineFirst;
  }
  if (kind == kNoColumns) return reader.signed_varint();
  if (kind == kLong) {
    const std::int64_t delta = reader.signed_varint();
    for (int i = 0; i < 3; ++i) reader.varint();
    return delta;
  }
  return 0;
}

}  // namespace

std::uint32_t line_of(std::string_view table, std::uint32_t first_line, std::int64_t unit) {
  if (unit < 0) return first_line;
  TableReader reader(table);
  std::int64_t line = first_line;
  std::int64_t end = 0;
  while (!reader.done()) {
    const std::uint8_t head = reader.byte();
    if ((head & 0x80u) == 0) return 0;
    const auto kind = static_cast<std::uint8_t>(head >> 3 & 15u);
    end += (head & 7u) + 1;
    line += read_line_delta(reader, kind);
    if (unit < end)
      return kind == kNoLine || line < 0 || line > UINT32_MAX ? 0
                                                              : static_cast<std::uint32_t>(line);
  }
  return 0;
}

}  // namespace phlox::cpython
