#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "launch/child.h"
#include "launch/supervise.h"

namespace phlox::launch {
namespace {

// Runs `act` in a process of its own and returns how that ended, as waitpid tells it.
int status_of(const std::function<int()>& act) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(act());
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  return status;
}

int launch(const std::vector<std::string>& command) {
  const HeldSignals signals;
  auto child = Child::fork_held(command, signals);
  if (!child) return 99;
  if (const auto started = child->go(); !started) return exit_code_for(started.error());
  return end_as(supervise(child->pid(), signals));
}

int status_of_shell(const std::string& script) {
  return status_of([&] { return launch({"sh", "-c", script}); });
}

TEST(Launch, PassesTheExitCodeOn) {
  for (const int code : {0, 1, 77, 255}) {
    const int status = status_of_shell("exit " + std::to_string(code));
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), code);
  }
}

TEST(Launch, DiesOfTheSignalTheProgramDiedOf) {
  for (const int signal : {SIGTERM, SIGKILL, SIGSEGV, SIGABRT, SIGHUP, SIGALRM}) {
    const int status = status_of_shell("kill -" + std::to_string(signal) + " $$");
    ASSERT_TRUE(WIFSIGNALED(status)) << signal;
    EXPECT_EQ(WTERMSIG(status), signal);
    EXPECT_FALSE(WCOREDUMP(status));
  }
}

TEST(Launch, SaysAsAShellDoesThatAProgramCannotBeStarted) {
  EXPECT_EQ(WEXITSTATUS(status_of([] { return launch({"no-such-program"}); })), 127);
  EXPECT_EQ(WEXITSTATUS(status_of([] { return launch({"/no/such/program"}); })), 127);
  EXPECT_EQ(WEXITSTATUS(status_of([] { return launch({"/etc/passwd"}); })), 126);
  EXPECT_EQ(WEXITSTATUS(status_of([] { return launch({"/"}); })), 126);
}

TEST(Launch, TheErrorNamesTheProgram) {
  const int status = status_of([] {
    const HeldSignals signals;
    auto child = Child::fork_held({"no-such-program"}, signals);
    const auto started = child->go();
    return !started && started.error().message() ==
                           "cannot run 'no-such-program': No such file or directory"
               ? 0
               : 1;
  });
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Launch, ASignalOfAnotherProcessIsSentOn) {
  const int status =
      status_of_shell("trap 'exit 5' TERM; (kill -TERM $PPID) & while :; do wait; done");
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 5);
}

TEST(Launch, TheProgramsOwnSignalsAreNotSentBack) {
  // SIGUSR1 to us is the program's own and goes nowhere, SIGUSR2 of another process comes back.
  const int status = status_of_shell(
      "trap 'exit 6' USR1; trap 'exit 7' USR2; kill -USR1 $PPID; (kill -USR2 $PPID) & "
      "while :; do wait; done");
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

TEST(Launch, TheProgramStartsAlsoWhenTheStarterDiesFirst) {
  int fds[2];
  ASSERT_EQ(::pipe(fds), 0);
  status_of([&] {
    const HeldSignals signals;
    ::dup2(fds[1], STDOUT_FILENO);
    auto child = Child::fork_held({"echo", "alive"}, signals);
    return child ? 0 : 1;  // without go()
  });
  ::close(fds[1]);
  std::string out;
  char c = 0;
  while (::read(fds[0], &c, 1) == 1) out += c;
  ::close(fds[0]);
  EXPECT_EQ(out, "alive\n");
}

TEST(Launch, AnIgnoredSigchldStaysIgnoredInTheProgramAndDoesNotHideItsEnd) {
  const int status = status_of([] {
    ::signal(SIGCHLD, SIG_IGN);
    // SIGCHLD is 17, bit 16 of the mask.
    return launch({"grep", "-q", "^SigIgn:.*[13579bdf]....$", "/proc/self/status"});
  });
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace phlox::launch
