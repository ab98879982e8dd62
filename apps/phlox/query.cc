// phlox query top | services | timeline: asks a server, for the terminal and for scripts.
#include "ask.h"
#include "commands.h"
#include "options.h"
#include "terminal/reports.h"

namespace phlox {
namespace {

struct QueryTopOptions : QueryOptions {
  int limit = 20;
  std::optional<double> cost;
};

struct TimelineOptions : QueryOptions {
  int limit = 5;
  std::string group_by;
  Nanoseconds step{};  // 0: the server chooses
};

// The answer as it came, or what `report` makes of it.
template <class Report>
Result<int> print(const std::string& answer, bool as_json, Report report) {
  if (as_json) {
    fmt::print("{}\n", answer);
    return 0;
  }
  PHLOX_TRY(const std::string text, report(answer));
  fmt::print("{}", text);
  return 0;
}

Result<int> run_top(const QueryTopOptions& options) {
  PHLOX_TRY(const std::string selector, options.selector());
  // The table is made of the whole tree, so that of the tree itself the root is enough.
  PHLOX_TRY(const std::string answer, ask(options.server, "/api/v1/profile",
                                          {{"type", options.type},
                                           {"selector", selector},
                                           {"from", options.range.from.to_query()},
                                           {"until", options.range.until.to_query()},
                                           {"max_nodes", "1"},
                                           {"max_rows", std::to_string(options.limit)}}));
  return print(answer, options.as_json, [&](const std::string& body) -> Result<std::string> {
    PHLOX_TRY(const auto profile, terminal::decode_profile(body));
    return terminal::top_report(profile, options.cost);
  });
}

Result<int> run_services(const QueryOptions& options) {
  PHLOX_TRY(const std::string answer, ask(options.server, "/api/v1/services",
                                          {{"type", options.type},
                                           {"from", options.range.from.to_query()},
                                           {"until", options.range.until.to_query()}}));
  return print(answer, options.as_json, [](const std::string& body) -> Result<std::string> {
    PHLOX_TRY(const auto services, terminal::decode_services(body));
    return terminal::services_report(services);
  });
}

Result<int> run_timeline(const TimelineOptions& options) {
  PHLOX_TRY(const std::string selector, options.selector());
  const auto step_s = std::chrono::ceil<std::chrono::seconds>(options.step).count();
  PHLOX_TRY(const std::string answer,
            ask(options.server, "/api/v1/timeline",
                {{"type", options.type},
                 {"selector", selector},
                 {"from", options.range.from.to_query()},
                 {"until", options.range.until.to_query()},
                 {"step", step_s > 0 ? std::to_string(step_s) : std::string()},
                 {"group_by", options.group_by},
                 {"limit", std::to_string(options.limit)}}));
  return print(answer, options.as_json, [](const std::string& body) -> Result<std::string> {
    PHLOX_TRY(const auto timeline, terminal::decode_timeline(body));
    return terminal::timeline_report(timeline);
  });
}

void add_top(CLI::App& query, CommandLine& line) {
  CLI::App* command = query.add_subcommand("top", "The functions that use most, as a table");
  auto options = std::make_shared<QueryTopOptions>();
  add_query_options(*command, *options);
  add_limit(*command, options->limit);
  add_cost(*command, options->cost);
  command->callback([&line, options] { line.chosen = [options] { return run_top(*options); }; });
}

void add_services(CLI::App& query, CommandLine& line) {
  CLI::App* command = query.add_subcommand("services", "The services that have profiles");
  auto options = std::make_shared<QueryOptions>();
  add_time_and_type_options(*command, *options);
  command->callback(
      [&line, options] { line.chosen = [options] { return run_services(*options); }; });
}

void add_timeline(CLI::App& query, CommandLine& line) {
  CLI::App* command =
      query.add_subcommand("timeline", "Use over time, a row a step; '-' where there is no data");
  auto options = std::make_shared<TimelineOptions>();
  add_query_options(*command, *options);
  add_limit(*command, options->limit);
  add_parsed(*command, "--step", options->step, terminal::parse_duration,
             "Width of a row, such as 10s or 1h; by default at most 240 rows")
      ->type_name("DURATION");
  command
      ->add_option("--group-by", options->group_by,
                   "A column for each value of this label; default: one column for all")
      ->type_name("LABEL");
  command->callback(
      [&line, options] { line.chosen = [options] { return run_timeline(*options); }; });
}

}  // namespace

void add_query(CommandLine& line) {
  CLI::App* query = line.app.add_subcommand("query", "Ask a server: top, services, timeline");
  query->require_subcommand(1);
  add_top(*query, line);
  add_services(*query, line);
  add_timeline(*query, line);
}

}  // namespace phlox
