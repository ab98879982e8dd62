#include "sampler/native_look.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace phlox::sampler {
namespace {

TEST(KernelStack, HasTheNamesOfItsFunctions) {
  EXPECT_THAT(
      parse_kernel_stack("[<0>] futex_wait_queue+0x60/0x90\n[<0>] do_futex+0x1/0x2 [mod]\n"),
      testing::ElementsAre("futex_wait_queue", "do_futex"));
  EXPECT_THAT(parse_kernel_stack("[<0>] last+0x1/0x2"), testing::ElementsAre("last"));
  EXPECT_THAT(parse_kernel_stack("\n[<0>]\n[<0>] 0xffffffff\n+0x1] x\nnonsense\n"),
              testing::IsEmpty());
}

}  // namespace
}  // namespace phlox::sampler
