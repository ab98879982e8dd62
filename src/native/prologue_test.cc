#include "native/prologue.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

namespace phlox::native {
namespace {

std::vector<std::byte> code(std::initializer_list<int> bytes) {
  std::vector<std::byte> all;
  for (const int byte : bytes) all.push_back(static_cast<std::byte>(byte));
  return all;
}

// Of a function that keeps so many registers besides the frame pointer, from rbx on.
UnwindRow row_with(std::size_t kept) {
  UnwindRow row;
  constexpr std::array<std::size_t, 5> kPlaces = {0, 2, 3, 4, 5};  // in kPreserved
  for (std::size_t i = 0; i < kept; ++i) row.saved[kPlaces[i]].rule = UnwindRow::Rule::kAtCfaPlus;
  return row;
}

TEST(Prologue, CountsWhatIsPushedAndAllocated) {
  // _PySemaphore_Wait of python-build-standalone 3.14: rbp; r15, r14, r13, r12, rbx; 24 bytes.
  const auto all = code({0x55, 0x48, 0x89, 0xe5, 0x41, 0x57, 0x41, 0x56, 0x41, 0x55,
                         0x41, 0x54, 0x53, 0x48, 0x83, 0xec, 0x18, 0x49, 0x89, 0xf6});
  EXPECT_EQ(bytes_below_frame_pointer(all, row_with(5)), 5 * 8 + 0x18u);
  EXPECT_EQ(bytes_below_frame_pointer(code({0x55, 0x48, 0x89, 0xe5, 0xc3}), row_with(0)), 0u);
  // rax is pushed for the sake of alignment.
  EXPECT_EQ(
      bytes_below_frame_pointer(code({0x55, 0x48, 0x89, 0xe5, 0x53, 0x50, 0xc3}), row_with(1)),
      16u);
  EXPECT_EQ(bytes_below_frame_pointer(code({0xf3, 0x0f, 0x1e, 0xfa, 0x55, 0x48, 0x89, 0xe5, 0x48,
                                            0x81, 0xec, 0x10, 0x02, 0x00, 0x00}),
                                      row_with(0)),
            0x210u);
  EXPECT_EQ(bytes_below_frame_pointer(code({0x55, 0x48, 0x89, 0xe5, 0x48, 0x83, 0xc4, 0x80}),
                                      row_with(0)),
            128u);
}

TEST(Prologue, WhatIsNotUnderstoodHasNoSize) {
  EXPECT_FALSE(bytes_below_frame_pointer({}, row_with(0)));
  EXPECT_FALSE(bytes_below_frame_pointer(code({0x55, 0x48, 0x89}), row_with(0)));
  EXPECT_FALSE(bytes_below_frame_pointer(code({0x53, 0x48, 0x83, 0xec, 0x10}), row_with(1)));
  // and $-32,%rsp
  EXPECT_FALSE(bytes_below_frame_pointer(code({0x55, 0x48, 0x89, 0xe5, 0x48, 0x83, 0xe4, 0xe0}),
                                         row_with(0)));
  EXPECT_FALSE(
      bytes_below_frame_pointer(code({0x55, 0x48, 0x89, 0xe5, 0x48, 0x83, 0xec}), row_with(0)));
  // mov between two pushes: the row knows of one that was not met.
  EXPECT_FALSE(bytes_below_frame_pointer(
      code({0x55, 0x48, 0x89, 0xe5, 0x41, 0x54, 0x49, 0x89, 0xfc, 0x53}), row_with(2)));
}

TEST(CallBefore, KnowsDirectCallsAndThoseByRegisterAndMemory) {
  const CallBefore direct = call_before(code({0x90, 0x90, 0xe8, 0x7e, 0xd8, 0x88, 0xfe}));
  EXPECT_EQ(direct.kind, Call::kDirect);
  EXPECT_EQ(direct.distance, -0x1772782);
  EXPECT_EQ(call_before(code({0xff, 0xd0})).kind, Call::kOther);              // *%rax
  EXPECT_EQ(call_before(code({0x41, 0xff, 0x55, 0x10})).kind, Call::kOther);  // *0x10(%r13)
  EXPECT_EQ(call_before(code({0xff, 0x14, 0xc8})).kind, Call::kOther);        // *(%rax,%rcx,8)
  EXPECT_EQ(call_before(code({0xff, 0x14, 0xcd, 0, 0, 0, 0})).kind, Call::kOther);  // *0(,%rcx,8)
  EXPECT_EQ(call_before(code({0xff, 0x15, 1, 2, 3, 4})).kind, Call::kOther);        // *0x..(%rip)
  EXPECT_EQ(call_before(code({0xff, 0xe0})).kind, Call::kNone);                     // jmp *%rax
  EXPECT_EQ(call_before(code({0xff, 0x55})).kind, Call::kNone);
  EXPECT_EQ(call_before(code({0x48, 0x89, 0xe5})).kind, Call::kNone);
  EXPECT_EQ(call_before({}).kind, Call::kNone);
}

}  // namespace
}  // namespace phlox::native
