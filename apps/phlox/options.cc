#include "options.h"

#include <algorithm>
#include <map>

#include "agent/series_labels.h"
#include "base/log.h"
#include "http/base_url.h"

namespace phlox {
namespace {

Result<std::string> parse_server(const std::string& text) {
  PHLOX_TRY(const auto url, http::BaseUrl::parse(text));
  return url.to_string();
}

Result<std::string> parse_type(const std::string& text) {
  PHLOX_TRY(const auto type, profile::ProfileType::parse(text));
  return type.to_string();
}

profile::Labels::Pair parse_label(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw CLI::ValidationError("--label", fmt::format("'{}': expected name=value", text));
  return {text.substr(0, equals), text.substr(equals + 1)};
}

}  // namespace

Result<std::string> QueryOptions::selector() const {
  std::vector<profile::Labels::Pair> pairs = series.labels;
  if (!series.service.empty()) pairs.emplace_back(profile::kServiceName, series.service);
  PHLOX_TRY(const auto labels, profile::Labels::from_pairs(std::move(pairs)));
  return labels.to_string();
}

void add_server_option(CLI::App& command, std::string& server) {
  server = "http://127.0.0.1:4040";
  add_parsed(command, "--server", server, parse_server,
             "URL of the phlox server, http only; by default where `phlox server` listens")
      ->type_name("URL")
      ->envname("PHLOX_SERVER")
      ->default_str(server);
}

void add_series(CLI::App& command, SeriesOptions& series, const std::string& service_default) {
  command
      .add_option(
          "--service", series.service,
          "Name under which all workers of a program are found; default: " + service_default)
      ->type_name("NAME")
      ->envname("PHLOX_SERVICE");
  command
      .add_option_function<std::vector<std::string>>(
          "--label",
          [&series](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) series.labels.push_back(parse_label(text));
          },
          "Label such as version=2, to tell deployments apart; repeat it for more; default: none")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void add_rate(CLI::App& command, double& rate_hz) {
  command
      .add_option("--rate", rate_hz,
                  "Mean number of looks at each running thread a second, in Hz; more is finer and "
                  "costs the program more")
      ->type_name("HZ")
      ->check(CLI::Range(0.1, sampler::kMaxRateHz))
      ->capture_default_str();
}

void add_engine(CLI::App& command, sampler::EngineChoice& engine) {
  using sampler::EngineChoice;
  static const std::map<std::string, EngineChoice> choices = {
      {"auto", EngineChoice::kAuto}, {"ebpf", EngineChoice::kEbpf}, {"read", EngineChoice::kRead}};
  command
      .add_option_function<std::string>(
          "--engine", [&engine](const std::string& name) { engine = choices.at(name); },
          "Who looks: ebpf, a program in the kernel, for root or with CAP_BPF and CAP_PERFMON; "
          "read copies memory from outside; auto takes the first that is permitted here")
      ->check(CLI::IsMember(choices))
      ->type_name("ENGINE")
      ->default_str("auto");
}

void add_looks(CLI::App& command, sampler::Looks& looks) {
  command
      .add_option_function<std::vector<std::string>>(
          "--types",
          [&looks](const std::vector<std::string>& types) {
            const auto asked = [&types](std::string_view type) {
              return std::ranges::find(types, type) != types.end();
            };
            looks.off_cpu = asked("wall");
            looks.gil = asked("gil");
          },
          "What to sample, separated by commas: cpu, always; wall: all time of all threads, asleep "
          "or not; gil: who holds the GIL, who waits for it, and for whom")
      ->delimiter(',')
      ->check(CLI::IsMember({"cpu", "wall", "gil"}))
      ->type_name("TYPES")
      ->default_str("cpu");
}

void add_threads(CLI::App& command, bool& threads) {
  command.add_flag("--threads", threads, "Tell threads apart: each stack begins with its thread");
}

void add_tasks(CLI::App& command, sampler::Looks& looks) {
  command.add_flag("--tasks", looks.tasks,
                   "Tell tasks of asyncio apart: a frame [task NAME], without the number at the "
                   "name's end, below what each runs; as many frames as there are names (CPython "
                   "3.8 on)");
}

void add_native(CLI::App& command, sampler::NativeFrames& native) {
  command.add_flag_callback(
      "--native", [&native] { native = sampler::NativeFrames::kYes; },
      "Show native code and the kernel where Python calls them; engine ebpf only, and several "
      "times "
      "its cost");
}

void add_pid(CLI::App& command, pid_t& pid) {
  command.add_option("--pid", pid, "Process to profile, with its children; no default")
      ->type_name("PID")
      ->check(CLI::PositiveNumber)
      ->required();
}

void add_type(CLI::App& command, std::string& type) {
  add_parsed(command, "--type", type, parse_type,
             "What is measured, as name:sample_type:sample_unit:period_type:period_unit; by "
             "default CPU time")
      ->type_name("TYPE")
      ->default_str(type);
}

void add_cost(CLI::App& command, std::optional<double>& cost) {
  command
      .add_option("--cost", cost,
                  "What the whole costs, in dollars: adds what each part of it costs; default: "
                  "amounts only")
      ->type_name("DOLLARS")
      ->check(CLI::NonNegativeNumber);
}

void add_limit(CLI::App& command, int& limit) {
  command.add_option("--limit", limit, "Rows or series to show at the most, largest first")
      ->type_name("COUNT")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
}

void add_json_format(CLI::App& command, bool& as_json) {
  command
      .add_option_function<std::string>(
          "--format", [&as_json](const std::string& format) { as_json = format == "json"; },
          "table for people; json prints the server's answer as it is, for scripts")
      ->check(CLI::IsMember({"table", "json"}))
      ->default_str("table");
}

void add_agent_options(CLI::App& command, AgentOptions& options,
                       const std::string& service_default) {
  add_server_option(command, options.server);
  add_series(command, options.series, service_default);
  add_rate(command, options.sampling.rate_hz);
  add_engine(command, options.sampling.engine);
  add_looks(command, options.sampling.looks);
  add_native(command, options.sampling.native);
  add_threads(command, options.sampling.threads);
  add_tasks(command, options.sampling.looks);
}

profile::Labels agent_labels_for(SeriesOptions series, const std::vector<std::string>& command) {
  const bool is_named = !series.service.empty();
  if (!is_named) series.service = agent::default_service_name(command);
  auto labels = agent::agent_labels(series.service, series.labels);
  if (!labels) throw CLI::ValidationError("--label", labels.error().message());
  if (!is_named)
    log(LogLevel::kInfo, "the service is called '{}', after the program; --service names it",
        series.service);
  return std::move(*labels);
}

void add_time_and_type_options(CLI::App& command, QueryOptions& options) {
  options.range.from.before_now = std::chrono::hours(1);
  add_server_option(command, options.server);
  add_parsed(command, "--from", options.range.from, terminal::Instant::parse,
             "Begin of the range: -10m, 2026-01-31T12:00:00Z (UTC) or milliseconds since 1970")
      ->type_name("TIME")
      ->default_str("-1h");
  add_parsed(command, "--until", options.range.until, terminal::Instant::parse,
             "End of the range, written as --from")
      ->type_name("TIME")
      ->default_str("now");
  add_type(command, options.type);
  add_json_format(command, options.as_json);
}

void add_query_options(CLI::App& command, QueryOptions& options) {
  add_time_and_type_options(command, options);
  add_series(command, options.series, "all services");
}

}  // namespace phlox
