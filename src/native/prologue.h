// How large a function's part of the stack is, by its first instructions.
//
// Code with frame pointers has rows that count from the frame pointer only. Of a thread that sleeps
// the kernel tells the stack pointer alone, so the first such function cannot be unwound by its
// row. But what it has put on the stack since it set its frame pointer is fixed, if it begins as
// compilers write it:
//
//     push %rbp;  mov %rsp,%rbp;  push of a register, any number of times;  sub $size,%rsp
//
// All else is not understood. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "native/unwind_row.h"

namespace phlox::native {

inline constexpr std::size_t kMaxPrologueBytes = 32;
inline constexpr std::size_t kMaxCallBytes = 7;

// `code`: from the function's first instruction on; `row`: of the place where it is. From the stack
// pointer up to the frame pointer, at its calls. It has to agree with the row on which registers
// are kept where.
std::optional<std::uint64_t> bytes_below_frame_pointer(std::span<const std::byte> code,
                                                       const UnwindRow& row);

enum class Call : std::uint8_t { kNone, kDirect, kOther };
struct CallBefore {
  Call kind = Call::kNone;
  std::int32_t distance = 0;  // kDirect: from the return address to what is called
};
// Whether the instruction that ends with `code` is a call, so that what follows is where it
// returns.
CallBefore call_before(std::span<const std::byte> code);

}  // namespace phlox::native
