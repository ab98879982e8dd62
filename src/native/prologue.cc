#include "native/prologue.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace phlox::native {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t kWord = 8;
// With 41 in front of a push it is one of the eight further registers (Intel SDM, volume 2, PUSH).
constexpr std::byte kFurtherRegisters{0x41};
constexpr std::byte kPush{0x50};  // and the seven after it
constexpr std::byte kLowBits{0x07};

template <std::size_t N>
bool take(Bytes& code, const std::array<unsigned char, N>& instruction) {
  if (code.size() < N || std::memcmp(code.data(), instruction.data(), N) != 0) return false;
  code = code.subspan(N);
  return true;
}

template <class T>
std::optional<T> take_value(Bytes& code) {
  T value;
  if (code.size() < sizeof value) return std::nullopt;
  std::memcpy(&value, code.data(), sizeof value);
  code = code.subspan(sizeof value);
  return value;
}

// The number of the register (of x86-64, not of DWARF), if it is a push.
std::optional<unsigned> take_push(Bytes& code) {
  const bool further = !code.empty() && code[0] == kFurtherRegisters;
  const Bytes at = code.subspan(further ? 1 : 0);
  if (at.empty() || (at[0] & ~kLowBits) != kPush) return std::nullopt;
  code = at.subspan(1);
  return std::to_integer<unsigned>(at[0] & kLowBits) + (further ? 8u : 0u);
}

// nullopt: of an instruction that changes the stack pointer in another way.
std::optional<std::uint64_t> take_allocation(Bytes& code) {
  if (take(code, std::array<unsigned char, 3>{0x48, 0x83, 0xec}))  // sub $8 bits,%rsp
    return take_value<std::int8_t>(code);
  if (take(code, std::array<unsigned char, 3>{0x48, 0x81, 0xec}))  // sub $32 bits,%rsp
    return take_value<std::int32_t>(code);
  if (take(code, std::array<unsigned char, 4>{0x48, 0x83, 0xc4, 0x80})) return 128;     // add $-128
  if (take(code, std::array<unsigned char, 3>{0x48, 0x83, 0xe4})) return std::nullopt;  // and
  return 0;
}

// What a caller needs besides the frame pointer: rbx, r12 to r15. These have the same numbers in
// DWARF as in instructions.
bool is_kept(unsigned number) { return number == 3 || (number >= 12 && number <= 15); }

// How many of them the function has kept, as the file says.
std::size_t kept_by(const UnwindRow& row) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < UnwindRow::kPreserved.size(); ++i)
    if (is_kept(UnwindRow::kPreserved[i]) && row.saved[i].rule == UnwindRow::Rule::kAtCfaPlus)
      ++count;
  return count;
}

}  // namespace

std::optional<std::uint64_t> bytes_below_frame_pointer(Bytes code, const UnwindRow& row) {
  take(code, std::array<unsigned char, 4>{0xf3, 0x0f, 0x1e, 0xfa});  // endbr64
  if (!take(code, std::array<unsigned char, 1>{0x55}) ||             // push %rbp
      !take(code, std::array<unsigned char, 3>{0x48, 0x89, 0xe5}))   // mov %rsp,%rbp
    return std::nullopt;
  std::uint64_t size = 0;
  std::size_t kept = 0;
  while (const auto pushed = take_push(code)) {
    size += kWord;
    kept += is_kept(*pushed) ? 1u : 0u;  // of others only the place is wanted
  }
  const auto allocated = take_allocation(code);
  if (!allocated || *allocated > INT32_MAX || kept != kept_by(row)) return std::nullopt;
  return size + *allocated;
}

CallBefore call_before(Bytes code) {
  constexpr std::size_t kDirectBytes = 5;
  if (code.size() >= kDirectBytes && code[code.size() - kDirectBytes] == std::byte{0xe8}) {
    CallBefore call{.kind = Call::kDirect};
    std::memcpy(&call.distance, code.data() + code.size() - sizeof call.distance,
                sizeof call.distance);
    return call;
  }
  // By a register or by what is in memory: ff /2, whose second byte tells how long it is.
  for (std::size_t size = 2; size <= std::min(kMaxCallBytes, code.size()); ++size) {
    const Bytes at = code.last(size);
    if (at[0] != std::byte{0xff}) continue;
    const auto operand = std::to_integer<unsigned>(at[1]);
    const unsigned mode = operand >> 6;
    const bool has_index = mode != 3 && (operand & 7u) == 4;
    const bool by_instruction = mode == 0 && (operand & 7u) == 5;
    const bool by_base =
        mode == 0 && has_index && size > 2 && (std::to_integer<unsigned>(at[2]) & 7u) == 5;
    std::size_t distance = mode == 1 ? 1 : 0;
    if (mode == 2 || by_instruction || by_base) distance = 4;
    if (((operand >> 3) & 7u) == 2 && size == 2 + (has_index ? 1u : 0u) + distance)
      return {.kind = Call::kOther};
  }
  return {};
}

}  // namespace phlox::native
