// UnwindRow: how to get from a function to its caller at one place of its code, as the file says in
// .eh_frame (DWARF 5, section 6.4; System V ABI for x86-64, section 3.7 for the registers).
//
//     CFA = a register + offset, or an expression     the stack pointer before the call, so to say
//     each register that the caller still needs: unchanged, lost, or kept at an address
//
// Plain data: taken from libdw once for each place and evaluated as often as it is met.
#pragma once

#include <elfutils/libdw.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace phlox::native {

// Numbers of DWARF for x86-64.
inline constexpr std::size_t kFramePointer = 6;
inline constexpr std::size_t kStackPointer = 7;
inline constexpr std::size_t kReturnAddress = 16;
inline constexpr std::size_t kRegisterCount = 17;

// nullopt: what the register held is lost.
using Registers = std::array<std::optional<std::uint64_t>, kRegisterCount>;

// A copy of the top of a stack.
struct StackCopy {
  std::uint64_t from = 0;  // address of its first byte
  std::span<const std::byte> bytes;

  std::uint64_t end() const { return from + bytes.size(); }
  std::optional<std::uint64_t> word_at(std::uint64_t address) const;
};

struct UnwindRow {
  enum class Rule : std::uint8_t { kUnchanged, kLost, kAtCfaPlus, kExpression };
  struct Saved {
    Rule rule = Rule::kUnchanged;
    std::int64_t offset = 0;  // kAtCfaPlus
    std::vector<Dwarf_Op> expression = {};
  };
  // What a caller may still need: what the ABI has functions preserve, stack pointer, return
  // address.
  static constexpr std::array<std::uint8_t, 8> kPreserved = {
      3, 6, 12, 13, 14, 15, kStackPointer, kReturnAddress};

  std::uint64_t start = 0;  // of the code for which it holds
  std::uint64_t end = 0;
  bool is_signal = false;  // the caller did not call: it was interrupted
  std::size_t cfa_register = kStackPointer;
  std::int64_t cfa_offset = 0;
  std::vector<Dwarf_Op> cfa_expression;  // if not empty, instead of those two
  std::array<Saved, kPreserved.size()> saved;

  // nullopt: the file does not say it in a way that is understood.
  static std::optional<UnwindRow> from(Dwarf_Frame* frame);

  std::optional<std::uint64_t> cfa(const Registers& registers, const StackCopy& stack) const;
  // The caller's registers. Without a return address there is no caller, or it is not known.
  Registers caller(const Registers& registers, std::uint64_t cfa, const StackCopy& stack) const;
  // The file says that nobody called: the first function of a thread.
  bool has_no_caller() const { return saved.back().rule == Rule::kLost; }
};

// Bounded: expressions have no jumps. Pure. nullopt for what is not understood or cannot be read;
// an address is replaced by what is there, unless the expression says that it is a value.
std::optional<std::uint64_t> evaluate(std::span<const Dwarf_Op> expression,
                                      const Registers& registers, std::uint64_t cfa,
                                      const StackCopy& stack);

}  // namespace phlox::native
