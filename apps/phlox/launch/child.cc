#include "launch/child.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>

#include "base/check.h"

namespace phlox::launch {
namespace {

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Result<Pipe> make_pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) return Error::from_errno(errno, "make a pipe");
  return Pipe{UniqueFd(fds[0]), UniqueFd(fds[1])};
}

// In the child. Waits until the parent lets go of its end, by will or by dying.
[[noreturn]] void execute_when_let_go(char* const* arguments, const HeldSignals& signals, int go,
                                      int error) {
  signals.restore();
  char byte = 0;
  while (::read(go, &byte, 1) < 0 && errno == EINTR) {
  }
  ::execvp(arguments[0], arguments);
  const int reason = errno;
  [[maybe_unused]] const auto written = ::write(error, &reason, sizeof reason);
  ::_exit(126);
}

}  // namespace

Result<Child> Child::fork_held(const std::vector<std::string>& command,
                               const HeldSignals& signals) {
  PHLOX_CHECK(!command.empty());
  PHLOX_TRY(Pipe go, make_pipe());
  PHLOX_TRY(Pipe error, make_pipe());
  // exec wants char*, and does not write to them.
  std::vector<char*> arguments;
  for (const std::string& argument : command)
    arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);

  const pid_t pid = ::fork();
  if (pid < 0) return Error::from_errno(errno, "start a process");
  if (pid == 0) {
    go.write.reset();  // else it would wait for itself
    execute_when_let_go(arguments.data(), signals, go.read.get(), error.write.get());
  }
  return Child(pid, command[0], std::move(go.write), std::move(error.read));
}

Result<> Child::go() {
  go_.reset();
  int reason = 0;
  ssize_t size = 0;
  do {
    size = ::read(error_.get(), &reason, sizeof reason);
  } while (size < 0 && errno == EINTR);
  error_.reset();
  if (size != sizeof reason) return {};
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  return Error::from_errno(reason, fmt::format("cannot run '{}'", program_));
}

int exit_code_for(const Error& error) { return error.kind() == Error::Kind::kNotFound ? 127 : 126; }

}  // namespace phlox::launch
