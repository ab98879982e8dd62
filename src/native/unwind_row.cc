#include "native/unwind_row.h"

#include <dwarf.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace phlox::native {
namespace {

constexpr std::size_t kMaxOperands = 16;

using Operands = std::vector<std::uint64_t>;

std::optional<std::uint64_t> pop(Operands& operands) {
  if (operands.empty()) return std::nullopt;
  const std::uint64_t value = operands.back();
  operands.pop_back();
  return value;
}

std::optional<std::uint64_t> register_plus(const Registers& registers, std::uint64_t number,
                                           std::uint64_t offset) {
  if (number >= registers.size() || !registers[number]) return std::nullopt;
  return *registers[number] + offset;
}

std::optional<std::uint64_t> combine(unsigned atom, std::uint64_t a, std::uint64_t b) {
  const auto first = static_cast<std::int64_t>(a);
  const auto second = static_cast<std::int64_t>(b);
  switch (atom) {
    case DW_OP_plus:
      return a + b;
    case DW_OP_minus:
      return a - b;
    case DW_OP_mul:
      return a * b;
    case DW_OP_and:
      return a & b;
    case DW_OP_or:
      return a | b;
    case DW_OP_shl:
      return b < 64 ? a << b : 0;
    case DW_OP_shr:
      return b < 64 ? a >> b : 0;
    case DW_OP_eq:
      return first == second;
    case DW_OP_ne:
      return first != second;
    case DW_OP_ge:
      return first >= second;
    case DW_OP_gt:
      return first > second;
    case DW_OP_le:
      return first <= second;
    case DW_OP_lt:
      return first < second;
    default:
      return std::nullopt;
  }
}

// What an operation without operands puts on the stack.
std::optional<std::uint64_t> pushed_by(const Dwarf_Op& op, const Registers& registers,
                                       std::uint64_t cfa) {
  if (op.atom >= DW_OP_lit0 && op.atom <= DW_OP_lit31) return op.atom - DW_OP_lit0;
  if (op.atom >= DW_OP_breg0 && op.atom <= DW_OP_breg31)
    return register_plus(registers, op.atom - DW_OP_breg0, op.number);
  switch (op.atom) {
    case DW_OP_const1u:
    case DW_OP_const1s:
    case DW_OP_const2u:
    case DW_OP_const2s:
    case DW_OP_const4u:
    case DW_OP_const4s:
    case DW_OP_const8u:
    case DW_OP_const8s:
    case DW_OP_constu:
    case DW_OP_consts:
      return op.number;
    case DW_OP_bregx:
      return register_plus(registers, op.number, op.number2);
    case DW_OP_call_frame_cfa:
      return cfa;
    default:
      return std::nullopt;
  }
}

bool is_offset_from_cfa(std::span<const Dwarf_Op> ops) {
  return !ops.empty() && ops[0].atom == DW_OP_call_frame_cfa &&
         (ops.size() == 1 || (ops.size() == 2 && ops[1].atom == DW_OP_plus_uconst));
}

bool take_saved(Dwarf_Frame* frame, int number, UnwindRow::Saved& saved) {
  std::array<Dwarf_Op, 3> memory{};
  Dwarf_Op* ops = nullptr;
  std::size_t count = 0;
  if (dwarf_frame_register(frame, number, memory.data(), &ops, &count) != 0) return false;
  using Rule = UnwindRow::Rule;
  if (count == 0) {
    saved.rule = ops == nullptr ? Rule::kUnchanged : Rule::kLost;
    return true;
  }
  const std::span all(ops, count);
  if (is_offset_from_cfa(all)) {
    saved.rule = Rule::kAtCfaPlus;
    saved.offset = count == 2 ? static_cast<std::int64_t>(all[1].number) : 0;
    return true;
  }
  saved.rule = Rule::kExpression;
  saved.expression.assign(all.begin(), all.end());
  return true;
}

}  // namespace

std::optional<std::uint64_t> StackCopy::word_at(std::uint64_t address) const {
  std::uint64_t word = 0;
  if (address < from || bytes.size() < sizeof word || address - from > bytes.size() - sizeof word)
    return std::nullopt;
  std::memcpy(&word, bytes.data() + (address - from), sizeof word);
  return word;
}

std::optional<std::uint64_t> evaluate(std::span<const Dwarf_Op> expression,
                                      const Registers& registers, std::uint64_t cfa,
                                      const StackCopy& stack) {
  Operands operands;
  for (const Dwarf_Op& op : expression) {
    std::optional<std::uint64_t> result;
    if (op.atom == DW_OP_stack_value) return pop(operands);
    if (op.atom == DW_OP_regx) return register_plus(registers, op.number, 0);
    if (op.atom >= DW_OP_reg0 && op.atom <= DW_OP_reg31)
      return register_plus(registers, op.atom - DW_OP_reg0, 0);
    if (op.atom == DW_OP_deref || op.atom == DW_OP_plus_uconst) {
      const auto operand = pop(operands);
      if (!operand) return std::nullopt;
      result =
          op.atom == DW_OP_deref ? stack.word_at(*operand) : std::optional(*operand + op.number);
    } else if (op.atom == DW_OP_dup) {
      if (!operands.empty()) result = operands.back();
    } else if (!(result = pushed_by(op, registers, cfa))) {
      const auto second = pop(operands);
      const auto first = pop(operands);
      if (first && second) result = combine(op.atom, *first, *second);
    }
    if (!result || operands.size() >= kMaxOperands) return std::nullopt;
    operands.push_back(*result);
  }
  const auto address = pop(operands);
  return address ? stack.word_at(*address) : std::nullopt;
}

std::optional<UnwindRow> UnwindRow::from(Dwarf_Frame* frame) {
  UnwindRow row;
  Dwarf_Op* ops = nullptr;
  std::size_t count = 0;
  if (dwarf_frame_info(frame, &row.start, &row.end, &row.is_signal) < 0 ||
      dwarf_frame_cfa(frame, &ops, &count) != 0 || count == 0)
    return std::nullopt;
  if (count == 1 && ops[0].atom == DW_OP_bregx) {
    row.cfa_register = ops[0].number;
    row.cfa_offset = static_cast<std::int64_t>(ops[0].number2);
  } else {
    row.cfa_expression.assign(ops, ops + count);
    // The expression yields the address itself, not where it is kept.
    row.cfa_expression.push_back(
        {.atom = DW_OP_stack_value, .number = 0, .number2 = 0, .offset = 0});
  }
  for (std::size_t i = 0; i < kPreserved.size(); ++i)
    if (!take_saved(frame, kPreserved[i], row.saved[i])) return std::nullopt;
  return row;
}

std::optional<std::uint64_t> UnwindRow::cfa(const Registers& registers,
                                            const StackCopy& stack) const {
  if (!cfa_expression.empty()) return evaluate(cfa_expression, registers, 0, stack);
  return register_plus(registers, cfa_register, static_cast<std::uint64_t>(cfa_offset));
}

Registers UnwindRow::caller(const Registers& registers, std::uint64_t cfa,
                            const StackCopy& stack) const {
  Registers caller;
  for (std::size_t i = 0; i < kPreserved.size(); ++i) {
    std::optional<std::uint64_t>& value = caller[kPreserved[i]];
    switch (saved[i].rule) {
      case Rule::kUnchanged:
        value = registers[kPreserved[i]];
        break;
      case Rule::kLost:
        break;
      case Rule::kAtCfaPlus:
        value = stack.word_at(cfa + static_cast<std::uint64_t>(saved[i].offset));
        break;
      case Rule::kExpression:
        value = evaluate(saved[i].expression, registers, cfa, stack);
        break;
    }
  }
  return caller;
}

}  // namespace phlox::native
