// phlox exec [options] -- PROGRAM [ARGUMENTS]: starts a program and profiles it and its children.
// The program always runs, whatever becomes of the profiling.
#include <sys/wait.h>

#include "agent/agent.h"
#include "base/log.h"
#include "commands.h"
#include "launch/child.h"
#include "launch/supervise.h"
#include "options.h"

namespace phlox {
namespace {

// The words from the program on: behind "--", or without one from the first word that is no option.
Result<std::vector<std::string>> program_of(const CommandLine& line,
                                            std::vector<std::string> words) {
  if (!words.empty() && words[0].starts_with('-'))
    return Error::invalid("unknown option '{}'", words[0]);
  if (!words.empty() && line.has_dashes) words.emplace_back("--");
  words.insert(words.end(), line.behind_dashes.begin(), line.behind_dashes.end());
  if (words.empty())
    return Error::invalid("no program to run; expected `phlox exec [options] -- python app.py`");
  return words;
}

Result<int> run(const AgentOptions& options, const profile::Labels& labels,
                const std::vector<std::string>& program) {
  const launch::HeldSignals signals;
  PHLOX_TRY(auto child, launch::Child::fork_held(program, signals));
  auto agent = agent::Agent::create(options.server, options.sampling, labels);
  if (agent) {
    (*agent)->sampler().follow(child.pid());
  } else {
    log(LogLevel::kWarning, "'{}' runs without being profiled: {}", program[0],
        agent.error().message());
  }
  if (const auto started = child.go(); !started) {
    log(LogLevel::kError, "{}", started.error().message());
    return launch::exit_code_for(started.error());
  }
  const launch::Ending ending = launch::supervise(child.pid(), signals);
  if (agent) {
    (*agent)->finish(launch::HeldSignals::end_requested);
    agent->reset();
  }
  ::waitpid(child.pid(), nullptr, 0);  // no sooner: its last CPU time has been read
  return launch::end_as(ending);
}

}  // namespace

void add_exec(CommandLine& line) {
  CLI::App* command =
      line.app.add_subcommand("exec", "Start a program and profile it and its children");
  command->footer(
      "The program keeps its terminal, descriptors, environment and exit status, gets the signals\n"
      "sent to phlox, and runs also when the server is away or phlox dies.\n"
      "Usage: phlox exec [OPTIONS] -- PROGRAM [ARGUMENTS...]\n"
      "Example: phlox exec --service shop --label version=1 -- python app.py");
  command->prefix_command();
  auto options = std::make_shared<AgentOptions>();
  add_agent_options(*command, *options, "the name of the script or program");
  command->callback([&line, command, options] {
    auto program = program_of(line, command->remaining());
    if (!program) throw CLI::ValidationError("exec", program.error().message());
    line.chosen = [options, labels = agent_labels_for(options->series, *program),
                   program = std::move(*program)] { return run(*options, labels, program); };
  });
}

}  // namespace phlox
