#include "launch/supervise.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "base/unique_fd.h"

namespace phlox::launch {
namespace {

bool is_stop_signal(int signal) {
  return signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

bool is_alarm(int signal) { return signal == SIGALRM || signal == SIGVTALRM || signal == SIGPROF; }

bool sent_by_a_process(const siginfo_t& info) {
  return info.si_code == SI_USER || info.si_code == SI_QUEUE || info.si_code == SI_TKILL;
}

bool has_controlling_terminal() {
  return static_cast<bool>(UniqueFd(::open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY)));
}

// Takes effect before it returns, although all signals are held. Does nothing where the default
// action of the signal does nothing.
void take_default_action(int signal) {
  struct sigaction standard{};
  standard.sa_handler = SIG_DFL;
  ::sigaction(signal, &standard, nullptr);
  sigset_t only;
  ::sigemptyset(&only);
  ::sigaddset(&only, signal);
  ::kill(::getpid(), signal);
  sigset_t before;
  ::sigprocmask(SIG_UNBLOCK, &only, &before);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
}

class Supervision {
 public:
  Supervision(pid_t child, const HeldSignals& signals) : child_(child), signals_(signals) {}

  Ending run() {
    while (true) {
      const siginfo_t info = signals_.wait();
      if (info.si_signo == SIGCONT) {
        continued(info);
      } else if (info.si_signo != SIGCHLD) {
        relay(info);
      }
      look_at_child();
      if (ending_) return *ending_;
    }
  }

 private:
  void look_at_child() {
    const std::optional<int> stopped_by = note_child_state();
    if (stopped_by && (std::exchange(stop_signal_came_, false) || has_controlling_terminal()))
      stop_as_child_did(*stopped_by);
  }

  // The signal by which the child has stopped since the last look, if it is still stopped.
  std::optional<int> note_child_state() {
    std::optional<int> stopped_by;
    siginfo_t state{};
    while (!ending_ && next_child_state(state)) {
      if (state.si_code == CLD_STOPPED || state.si_code == CLD_TRAPPED) {
        stopped_by = state.si_status;
        child_is_stopped_ = true;
      } else if (state.si_code == CLD_CONTINUED) {
        stopped_by.reset();
        child_is_stopped_ = false;
      } else if (state.si_code == CLD_EXITED) {
        ending_ = {.exit_code = state.si_status, .signal = 0};
      } else {
        ending_ = {.exit_code = 128 + state.si_status, .signal = state.si_status};
      }
    }
    return stopped_by;
  }

  // The end is looked at, not taken.
  bool next_child_state(siginfo_t& state) const {
    const auto id = static_cast<id_t>(child_);
    for (const int states : {WSTOPPED | WCONTINUED, WEXITED | WNOWAIT}) {
      state = {};
      if (::waitid(P_PID, id, &state, states | WNOHANG) == 0 && state.si_pid == child_) return true;
    }
    return false;
  }

  void stop_as_child_did(int signal) {
    we_were_stopped_ = true;
    take_default_action(signal);
  }

  // A shell continues the whole group, another process perhaps only us. A child that runs already
  // after a stop of ours must not get the signal a second time.
  void continued(const siginfo_t& info) {
    note_child_state();
    const bool group_was_continued = std::exchange(we_were_stopped_, false) && !child_is_stopped_;
    if (!group_was_continued) relay(info);
  }

  void relay(const siginfo_t& info) {
    const int signal = info.si_signo;
    if (is_stop_signal(signal)) stop_signal_came_ = true;
    if (sent_by_a_process(info)) {
      if (info.si_pid == child_ || info.si_pid == ::getpid()) return;
      if (info.si_code == SI_QUEUE) {
        ::sigqueue(child_, signal, info.si_value);
      } else {
        ::kill(child_, signal);
      }
      return;
    }
    const bool is_hang_up = signal == SIGHUP || signal == SIGCONT;
    if (is_alarm(signal) || (is_hang_up && ::getsid(0) == ::getpid())) ::kill(child_, signal);
  }

  const pid_t child_;
  const HeldSignals& signals_;
  std::optional<Ending> ending_;
  bool child_is_stopped_ = false;
  bool we_were_stopped_ = false;
  bool stop_signal_came_ = false;
};

}  // namespace

Ending supervise(pid_t child, const HeldSignals& signals) {
  return Supervision(child, signals).run();
}

int end_as(const Ending& ending) {
  if (ending.signal != 0) {
    // The program has written its core if it was to; ours would be a second one, of another
    // program.
    const rlimit no_core{.rlim_cur = 0, .rlim_max = 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::prctl(PR_SET_DUMPABLE, 0);
    take_default_action(ending.signal);
    // Still here: we are process 1 of a container, which signals do not end.
  }
  return ending.exit_code;
}

}  // namespace phlox::launch
