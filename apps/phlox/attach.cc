// phlox attach --pid N: profiles a running process and its children until it ends or Ctrl-C.
#include "agent/agent.h"
#include "base/log.h"
#include "commands.h"
#include "launch/end_signals.h"
#include "options.h"
#include "process/process_tree.h"

namespace phlox {
namespace {

constexpr Nanoseconds kLookInterval = std::chrono::hours(1);  // the end is told

struct AttachOptions {
  AgentOptions agent;
  pid_t pid = 0;
};

Result<int> run(const AttachOptions& options, const profile::Labels& labels) {
  const launch::EndSignals end_signals;
  PHLOX_TRY(auto agent, agent::Agent::create(options.agent.server, options.agent.sampling, labels));
  PHLOX_TRY(agent->sampler().attach(options.pid));
  log(LogLevel::kInfo, "profiling process {} for {} until it ends or Ctrl-C", options.pid,
      options.agent.server);
  while (!agent->sampler().idle() &&
         !end_signals.wait_for(kLookInterval, agent->sampler().idle_file())) {
  }
  agent->finish([&] { return end_signals.wait_for(Nanoseconds(0)); });
  return 0;
}

}  // namespace

void add_attach(CommandLine& line) {
  CLI::App* command = line.app.add_subcommand(
      "attach", "Profile a running process and its children until it ends or Ctrl-C");
  auto options = std::make_shared<AttachOptions>();
  add_pid(*command, options->pid);
  add_agent_options(*command, options->agent, "the name of the script or program");
  command->callback([&line, options] {
    auto labels = agent_labels_for(options->agent.series, process::command_of(options->pid));
    line.chosen = [options, labels = std::move(labels)] { return run(*options, labels); };
  });
}

}  // namespace phlox
