// Child: a program started as a shell starts one, but held back just before its exec, so that
// whoever wants to watch it can get ready first.
//
// The program finds everything as we found it: descriptors, signal mask and dispositions, process
// group, terminal, directory, environment. If we die before it was let go, it starts all the same.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "launch/held_signals.h"

namespace phlox::launch {

class Child {
 public:
  // Forks; make threads only after this. `command` is the program, looked up in PATH, and its
  // arguments; not empty.
  static Result<Child> fork_held(const std::vector<std::string>& command,
                                 const HeldSignals& signals);

  pid_t pid() const { return pid_; }

  // Lets it execute the program. The error, kNotFound or kPermission for instance, says why that
  // failed; the child is then gone. Call once.
  Result<> go();

 private:
  Child(pid_t pid, std::string program, UniqueFd go, UniqueFd error)
      : pid_(pid), program_(std::move(program)), go_(std::move(go)), error_(std::move(error)) {}

  pid_t pid_;
  std::string program_;
  UniqueFd go_;     // closing it lets the child execute
  UniqueFd error_;  // brings the errno of a failed exec; closed by one that works
};

// What a shell returns for a program that could not be started: 127 not found, 126 otherwise.
int exit_code_for(const Error& error);

}  // namespace phlox::launch
