#include <dwarf.h>
#include <gtest/gtest.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "native/kernel_symbols.h"
#include "native/unwinder.h"

// framed(look, it) calls unframed(), and that look(it, stack pointer, return address), as seen by
// unframed(): code with a frame pointer, and code without one above it.
extern "C" void phlox_test_framed(void (*look)(void*, std::uint64_t, std::uint64_t), void* it);
asm(R"(
.text
.type phlox_test_unframed, @function
phlox_test_unframed:
  .cfi_startproc
  sub $8, %rsp
  .cfi_def_cfa_offset 16
  mov %rdi, %rax
  mov %rsi, %rdi
  mov %rsp, %rsi
  lea 1f(%rip), %rdx
  call *%rax
1:
  add $8, %rsp
  .cfi_def_cfa_offset 8
  ret
  .cfi_endproc
.size phlox_test_unframed, .-phlox_test_unframed
.globl phlox_test_framed
.type phlox_test_framed, @function
phlox_test_framed:
  .cfi_startproc
  push %rbp
  .cfi_def_cfa_offset 16
  .cfi_offset %rbp, -16
  mov %rsp, %rbp
  .cfi_def_cfa_register %rbp
  push %rbx
  .cfi_offset %rbx, -24
  sub $24, %rsp
  call phlox_test_unframed
  add $24, %rsp
  pop %rbx
  pop %rbp
  .cfi_def_cfa %rsp, 8
  ret
  .cfi_endproc
.size phlox_test_framed, .-phlox_test_framed
)");

namespace phlox::native {
namespace {

TEST(FunctionName, LeavesOutWhatCompilersAndLinkersAppend) {
  EXPECT_EQ(function_name("deflate"), "deflate");
  EXPECT_EQ(function_name("_PyEval_EvalFrameDefault.cold"), "_PyEval_EvalFrameDefault");
  EXPECT_EQ(function_name("insert.constprop.0.isra.1"), "insert");
  EXPECT_EQ(function_name("memcpy@@GLIBC_2.14"), "memcpy");
  EXPECT_EQ(function_name("libz.so.1+0x2f40"), "libz.so.1+0x2f40");
  EXPECT_EQ(function_name("runtime.main"), "runtime.main");
}

TEST(FunctionName, IsDemangled) {
  EXPECT_EQ(function_name("_ZN5phlox6native6unwindEi.cold"), "phlox::native::unwind(int)");
  EXPECT_EQ(function_name("_Z"), "_Z");
  EXPECT_EQ(function_name(std::string(5'000, 'x')).size(), kMaxNameChars);
}

TEST(Functions, AreOneForEachModuleAndSymbol) {
  Functions functions;
  const FunctionId first = functions.intern("free", "libc.so.6");
  EXPECT_EQ(functions.intern("free", "libc.so.6"), first);
  EXPECT_NE(functions.intern("free", "libjemalloc.so.2"), first);
  EXPECT_FALSE(functions[first].is_loop);
  EXPECT_TRUE(functions[functions.intern("_PyEval_EvalFrameDefault", "python3.12")].is_loop);
  EXPECT_TRUE(functions[functions.intern("_PyEval_Vector", "python3.12")].enters_loop);
}

TEST(KernelSymbols, GiveTheFunctionAroundAnInstruction) {
  const auto symbols = KernelSymbols::parse(
      "ffffffff81000200 T second\n"
      "ffffffff81000100 t first\n"
      "ffffffff81000180 d variable\n"
      "nonsense\n"
      "ffffffff81000300 t \t[nameless]\n"
      "ffffffffc0000000 t in_module\t[ext4]\n");
  EXPECT_EQ(symbols.function_at(0xffffffff81000100), "first");
  EXPECT_EQ(symbols.function_at(0xffffffff810001ff), "first");
  EXPECT_EQ(symbols.function_at(0xffffffff81000200), "second");
  EXPECT_EQ(symbols.function_at(0xffffffff81000300), "second");
  EXPECT_EQ(symbols.function_at(0xffffffffc0000010), "in_module");
  EXPECT_EQ(symbols.function_at(0x1000), "kernel");
}

TEST(KernelSymbols, AreNoneWhereTheKernelHidesThem) {
  EXPECT_TRUE(
      KernelSymbols::parse("0000000000000000 T start\n0000000000000000 t next\n").is_empty());
}

Dwarf_Op op(std::uint8_t atom, std::uint64_t number = 0) {
  return {.atom = atom, .number = number, .number2 = 0, .offset = 0};
}

// What linkers write for the stubs of a procedure linkage table.
TEST(Evaluate, FollowsTheExpressionOfALinkageTable) {
  const std::array expression = {op(DW_OP_breg7, 8),   op(DW_OP_breg0 + 16), op(DW_OP_lit15),
                                 op(DW_OP_and),        op(DW_OP_lit11),      op(DW_OP_ge),
                                 op(DW_OP_lit3),       op(DW_OP_shl),        op(DW_OP_plus),
                                 op(DW_OP_stack_value)};
  Registers registers;
  registers[kStackPointer] = 0x1000;
  registers[kReturnAddress] = 0x400006;
  EXPECT_EQ(evaluate(expression, registers, 0, {}), 0x1008u);
  registers[kReturnAddress] = 0x40000b;
  EXPECT_EQ(evaluate(expression, registers, 0, {}), 0x1010u);
}

TEST(Evaluate, ReadsTheCopyAndNothingElse) {
  const std::uint64_t word = 42;
  const StackCopy stack{0x1000, std::as_bytes(std::span(&word, 1))};
  const std::array expression = {op(DW_OP_call_frame_cfa), op(DW_OP_plus_uconst, 8)};
  EXPECT_EQ(evaluate(expression, {}, 0xff8, stack), 42u);
  EXPECT_EQ(evaluate(expression, {}, 0xff9, stack), std::nullopt);
  EXPECT_EQ(evaluate(expression, {}, 0xff0, stack), std::nullopt);
  EXPECT_EQ(evaluate(std::array{op(DW_OP_plus)}, {}, 0, stack), std::nullopt);
  EXPECT_EQ(evaluate(std::array{op(DW_OP_breg3, 1)}, {}, 0, stack), std::nullopt);
  EXPECT_EQ(evaluate(std::vector(1'000, op(DW_OP_lit1)), {}, 0, stack), std::nullopt);
}

// This process unwinds itself.
class Unwinding : public testing::Test {
 protected:
  struct Here {
    Registers registers;
    std::uint64_t from = 0;
    std::vector<std::byte> stack;
  };

  [[gnu::noinline, gnu::no_sanitize_address]] static void look(Here& here) {
    ucontext_t context;
    getcontext(&context);
    const auto& from = context.uc_mcontext.gregs;
    constexpr std::array kOrder = {REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI,
                                   REG_RBP, REG_RSP, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                   REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};
    for (std::size_t i = 0; i < kOrder.size(); ++i)
      here.registers[i] = static_cast<std::uint64_t>(from[kOrder[i]]);
    copy_stack(here);
  }

  // What /proc tells of a thread that sleeps.
  static void look_from_outside(void* it, std::uint64_t stack_pointer, std::uint64_t instruction) {
    Here& here = *static_cast<Here*>(it);
    here.registers[kStackPointer] = stack_pointer;
    here.registers[kReturnAddress] = instruction;
    copy_stack(here);
  }

  static void copy_stack(Here& here) {
    here.from = *here.registers[kStackPointer];
    const auto mappings = process::read_mappings(getpid());
    for (const process::Mapping& mapping : *mappings) {
      if (here.from < to_number(mapping.start) || here.from >= to_number(mapping.end)) continue;
      here.stack.resize(to_number(mapping.end) - here.from);
      process::ProcessMemory(getpid()).read(process::RemoteAddress{here.from}, here.stack);
    }
  }

  [[gnu::noinline]] static int descend(int depth, Here& here) {
    if (depth == 0) {
      look(here);
      return 0;
    }
    return descend(depth - 1, here) + depth;
  }

  Stack unwind_copy(const Here& here, std::size_t bytes) {
    Stack stack;
    space_.refresh(SteadyTime(std::chrono::seconds(1)));
    unwind(here.registers, {here.from, std::span(here.stack).first(bytes)}, space_, functions_,
           stack);
    return stack;
  }

  std::ptrdiff_t count(const Stack& stack, std::string_view part) const {
    return std::ranges::count_if(stack.frames, [&](const Frame& frame) {
      return functions_[frame.function].name.contains(part);
    });
  }

  ElfImages images_;
  AddressSpace space_{getpid(), images_};
  Functions functions_;
};

TEST_F(Unwinding, GoesDownToTheFirstFunctionOfTheProcess) {
  Here here;
  ASSERT_EQ(descend(10, here), 55);
  const Stack stack = unwind_copy(here, here.stack.size());
  EXPECT_TRUE(stack.is_complete);
  EXPECT_TRUE(functions_[stack.frames[0].function].name.contains("look"));
  EXPECT_EQ(count(stack, "descend"), 11);
  EXPECT_EQ(count(stack, "TestBody"), 1);
  EXPECT_EQ(functions_[stack.frames.back().function].name, "_start");
  for (std::size_t i = 1; i < stack.frames.size(); ++i)
    EXPECT_EQ(stack.frames[i].stack_pointer, stack.frames[i - 1].end);
}

TEST_F(Unwinding, FindsAFramePointerThatIsNotKnown) {
  Here here;
  phlox_test_framed(look_from_outside, &here);
  const Stack stack = unwind_copy(here, here.stack.size());
  ASSERT_GE(stack.frames.size(), 3u);
  EXPECT_EQ(functions_[stack.frames[0].function].name, "phlox_test_unframed");
  EXPECT_EQ(functions_[stack.frames[1].function].name, "phlox_test_framed");
  EXPECT_TRUE(functions_[stack.frames[2].function].name.contains("TestBody"));

  // Where framed() seems to be called from elsewhere, nothing is certain.
  const std::size_t return_address = stack.frames[1].end - 8 - here.from;
  Here damaged = here;
  damaged.stack[return_address] ^= std::byte{4};
  EXPECT_EQ(unwind_copy(damaged, damaged.stack.size()).frames.size(), 2u);
}

TEST_F(Unwinding, EndsWhereTheCopyEnds) {
  Here here;
  descend(10, here);
  const Stack whole = unwind_copy(here, here.stack.size());
  for (std::size_t bytes = 0; bytes < 4'096; bytes += 8) {
    const Stack part = unwind_copy(here, bytes);
    ASSERT_LE(part.frames.size(), whole.frames.size());
    for (std::size_t i = 0; i < part.frames.size(); ++i)
      ASSERT_EQ(part.frames[i].function, whole.frames[i].function);
    EXPECT_EQ(part.is_complete, part.frames.size() == whole.frames.size());
  }
}

TEST_F(Unwinding, DamagedStacksEndItSomewhere) {
  Here here;
  descend(10, here);
  std::uint64_t random = 1;
  for (int round = 0; round < 2'000; ++round) {
    Here damaged = here;
    for (int i = 0; i < 20; ++i) {
      random = random * 6364136223846793005u + 1442695040888963407u;
      const std::size_t at = (random >> 33) % 2'048;
      if (at < damaged.stack.size()) damaged.stack[at] = static_cast<std::byte>(random >> 56);
    }
    EXPECT_LE(unwind_copy(damaged, damaged.stack.size()).frames.size(), kMaxFrames);
  }
}

}  // namespace
}  // namespace phlox::native
