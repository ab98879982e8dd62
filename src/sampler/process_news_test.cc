#include "sampler/process_news.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

namespace phlox::sampler {
namespace {

TEST(ProcessNews, TellsOfTheEndOfAProcess) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(pipe[1]);
    char end = 0;
    ::_exit(static_cast<int>(::read(pipe[0], &end, 1)));
  }
  ::close(pipe[0]);
  ProcessNews news;
  ASSERT_TRUE(news.watch(child));
  SteadyTime now{std::chrono::hours(1)};
  news.look(now);
  ::close(pipe[1]);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(news.look(now += ProcessNews::kInterval));
  EXPECT_FALSE(news.watch(child));
}

TEST(ProcessNews, TellsThatSomebodyHasStartedAProcess) {
  ProcessNews news;
  SteadyTime now{std::chrono::hours(1)};
  news.look(now);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  EXPECT_FALSE(news.look(now + ProcessNews::kInterval / 2));  // it is not asked at each look
  EXPECT_TRUE(news.look(now + ProcessNews::kInterval));
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
}

}  // namespace
}  // namespace phlox::sampler
