#include "cpython/thread_numbers.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "cpython/fake_process.h"

namespace phlox::cpython {
namespace {

using process::RemoteAddress;

constexpr std::array<pid_t, 3> kTids = {41, 42, 43};

// A struct pthread of musl with `tid` at one of its two places and `other` at the other.
RemoteAddress musl_thread(FakeProcess& process, std::uint32_t offset, std::int32_t tid,
                          std::int32_t other) {
  const RemoteAddress at = process.allocate(200);
  process.put(at, at);
  process.put(at, offset, tid);
  process.put(at, offset == 48 ? 56u : 48u, other);
  return at;
}

TEST(ThreadNumbers, ComeFromEitherPlaceThatMuslKeepsThemIn) {
  FakeProcess process(newest_layout());
  constexpr std::int32_t kJoinable = 2;  // detach_state lies where older versions have the number
  for (const auto& [offset, other] :
       {std::pair{48u, kJoinable}, std::pair{48u, std::int32_t{43}}, std::pair{56u, 0}}) {
    const std::array threads = {musl_thread(process, offset, 42, other),
                                musl_thread(process, offset, 41, other)};
    const auto numbers = ThreadNumbers::find_in_musl(process, threads, kTids);
    ASSERT_TRUE(numbers) << offset;
    EXPECT_EQ(numbers->of(process, threads[0]), 42u);
    EXPECT_EQ(numbers->of(process, threads[1]), 41u);
  }
}

TEST(ThreadNumbers, MayBeOfThreadsThatOnlyTheParentHas) {
  FakeProcess process(newest_layout());
  const std::array threads = {musl_thread(process, 48, 7, 2), musl_thread(process, 48, 41, 2)};
  EXPECT_TRUE(ThreadNumbers::find_in_musl(process, threads, kTids));
}

TEST(ThreadNumbers, AreNotGuessedWhereOneThreadDoesNotFit) {
  FakeProcess process(newest_layout());
  const RemoteAddress right = musl_thread(process, 48, 42, 2);
  const RemoteAddress elsewhere = musl_thread(process, 56, 41, 0);
  const RemoteAddress refers_to_another = musl_thread(process, 48, 41, 2);
  process.put(refers_to_another, right);
  const RemoteAddress unreadable{0x10};
  for (const RemoteAddress wrong : {elsewhere, refers_to_another, unreadable})
    EXPECT_FALSE(ThreadNumbers::find_in_musl(process, std::array{right, wrong}, kTids))
        << to_number(wrong);
  const RemoteAddress stranger = musl_thread(process, 48, 44, 2);  // not of the process
  EXPECT_FALSE(ThreadNumbers::find_in_musl(process, std::array{stranger}, kTids));
  EXPECT_FALSE(ThreadNumbers::find_in_musl(process, {}, kTids));
  EXPECT_FALSE(ThreadNumbers::find_in_musl(process, std::array{right}, {}));
}

}  // namespace
}  // namespace phlox::cpython
