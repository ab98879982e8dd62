// The line of an instruction, from what a code object keeps for that. There are four formats:
//
// kLocations, co_linetable from CPython 3.11 on (Objects/locations.md):
//
//     entry:  1 kkkk lll   kind, and number of code units - 1
//             then, by kind:  0..9 one byte (columns), same line
//                             10..12 two bytes (columns), line + kind - 10
//                             13 signed varint line delta
//                             14 signed varint line delta, varint end line delta, varint column,
//                             varint end column 15 nothing: no line
//     varints have 6 bits a byte, low bits first, bit 6 says that more follow; signed ones keep the
//     sign in bit 0
//
// kLineRanges, co_linetable of 3.10 (Objects/lnotab_notes.txt): pairs of bytes, how long a range of
// instructions is and by how much its line differs from the one before; -128 is a range without
// line.
//
// kLineNumbers, co_lnotab up to 3.9 (the same file there): pairs of bytes, how far it is to the
// instruction at which the line changes, and by how much.
//
// kGrowingLineNumbers, co_lnotab of 2.7: the same, but lines only grow, by up to 255 at once.
#pragma once

#include <cstdint>
#include <string_view>

#include "cpython/layout.h"

namespace phlox::cpython {

enum class LineTableFormat : std::uint8_t {
  kGrowingLineNumbers,
  kLineNumbers,
  kLineRanges,
  kLocations
};

LineTableFormat line_table_format(const Layout& layout);
// 2, and 1 in 2.7, whose instructions have one byte or three.
std::int64_t code_unit_bytes(LineTableFormat format);

// `unit` counts code units from the first instruction; negative is before it. Returns 0
// where the table gives no line or is damaged; the first line for what lies before the first
// instruction.
std::uint32_t line_of(LineTableFormat format, std::string_view table, std::uint32_t first_line,
                      std::int64_t unit);

}  // namespace phlox::cpython
