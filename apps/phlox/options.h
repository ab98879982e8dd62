// The vocabulary of options that the subcommands share: one name, one meaning, one help text each.
//
// A value is parsed where it is read, so that a wrong one is an error of usage with our own
// message.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "profile/labels.h"
#include "profile/profile_type.h"
#include "sampler/sampler.h"
#include "terminal/times.h"

namespace phlox {

struct SeriesOptions {
  std::string service;
  std::vector<profile::Labels::Pair> labels;
};

// What exec and attach share.
struct AgentOptions {
  std::string server;
  SeriesOptions series;
  sampler::Options sampling;
};

// What the questions to a server share.
struct QueryOptions {
  std::string server;
  SeriesOptions series;
  terminal::TimeRange range;
  std::string type{profile::kProcessCpu};
  bool as_json = false;

  // {service_name="shop",version="1"}
  Result<std::string> selector() const;
};

void add_server_option(CLI::App& command, std::string& server);
void add_series(CLI::App& command, SeriesOptions& series, const std::string& service_default);
void add_rate(CLI::App& command, double& rate_hz);
void add_engine(CLI::App& command, sampler::EngineChoice& engine);
void add_pid(CLI::App& command, pid_t& pid);
// What is sampled besides CPU time.
void add_looks(CLI::App& command, sampler::Looks& looks);
// C code and the kernel besides Python.
void add_native(CLI::App& command, sampler::NativeFrames& native);
void add_threads(CLI::App& command, bool& threads);
void add_tasks(CLI::App& command, sampler::Looks& looks);
void add_type(CLI::App& command, std::string& type);
void add_cost(CLI::App& command, std::optional<double>& cost);
void add_limit(CLI::App& command, int& limit);
void add_json_format(CLI::App& command, bool& as_json);

void add_agent_options(CLI::App& command, AgentOptions& options,
                       const std::string& service_default);
void add_time_and_type_options(CLI::App& command, QueryOptions& options);
void add_query_options(CLI::App& command, QueryOptions& options);  // those and the selector's

// The labels of what an agent will send; without --service the command that runs gives the name,
// and a line says so. Throws what the parser takes for wrong usage.
profile::Labels agent_labels_for(SeriesOptions series, const std::vector<std::string>& command);

// An option whose text `parse` turns into a T or an error.
template <class T, class Parse>
CLI::Option* add_parsed(CLI::App& command, const std::string& name, T& value, Parse parse,
                        const std::string& help) {
  return command.add_option_function<std::string>(
      name,
      [name, parse, &value](const std::string& text) {
        auto parsed = parse(text);
        if (!parsed) throw CLI::ValidationError(name, parsed.error().message());
        value = std::move(*parsed);
      },
      help);
}

}  // namespace phlox
