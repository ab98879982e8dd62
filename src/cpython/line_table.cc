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

std::uint32_t checked(std::int64_t line) {
  return line < 0 || line > UINT32_MAX ? 0 : static_cast<std::uint32_t>(line);
}

std::uint32_t line_by_locations(TableReader reader, std::int64_t line, std::int64_t unit) {
  std::int64_t end = 0;
  while (!reader.done()) {
    const std::uint8_t head = reader.byte();
    if ((head & 0x80u) == 0) return 0;
    const auto kind = static_cast<std::uint8_t>(head >> 3 & 15u);
    end += (head & 7u) + 1;
    line += read_line_delta(reader, kind);
    if (unit < end) return kind == kNoLine ? 0 : checked(line);
  }
  return 0;
}

constexpr int kNoLineDelta = -128;

std::uint32_t line_by_ranges(TableReader reader, std::int64_t line, std::int64_t offset) {
  std::int64_t end = 0;
  while (!reader.done()) {
    end += reader.byte();
    const auto delta = static_cast<std::int8_t>(reader.byte());
    if (delta != kNoLineDelta) line += delta;
    if (offset < end) return delta == kNoLineDelta ? 0 : checked(line);
  }
  return 0;
}

std::uint32_t line_by_numbers(TableReader reader, std::int64_t line, std::int64_t offset,
                              bool only_grow) {
  std::int64_t start = 0;
  while (!reader.done()) {
    start += reader.byte();
    if (offset < start) break;
    const std::uint8_t delta = reader.byte();
    line += only_grow ? delta : static_cast<std::int8_t>(delta);
  }
  return checked(line);
}

}  // namespace

LineTableFormat line_table_format(const Layout& layout) {
  if (layout.major == 2) return LineTableFormat::kGrowingLineNumbers;
  if (layout.minor < 10) return LineTableFormat::kLineNumbers;
  return layout.minor == 10 ? LineTableFormat::kLineRanges : LineTableFormat::kLocations;
}

std::int64_t code_unit_bytes(LineTableFormat format) {
  return format == LineTableFormat::kGrowingLineNumbers ? 1 : 2;
}

std::uint32_t line_of(LineTableFormat format, std::string_view table, std::uint32_t first_line,
                      std::int64_t unit) {
  if (unit < 0) return first_line;
  const TableReader reader(table);
  const std::int64_t offset = unit * code_unit_bytes(format);
  switch (format) {
    case LineTableFormat::kGrowingLineNumbers:
    case LineTableFormat::kLineNumbers:
      return line_by_numbers(reader, first_line, offset,
                             format == LineTableFormat::kGrowingLineNumbers);
    case LineTableFormat::kLineRanges:
      return line_by_ranges(reader, first_line, offset);
    case LineTableFormat::kLocations:
      return line_by_locations(reader, first_line, unit);
  }
  return 0;
}

}  // namespace phlox::cpython
