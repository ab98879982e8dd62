// phlox diff BASELINE COMPARISON: what changed between two selections, in cores and in money.
#include "ask.h"
#include "commands.h"
#include "options.h"
#include "terminal/reports.h"

namespace phlox {
namespace {

struct DiffOptions {
  std::string server;
  terminal::Selection baseline;
  terminal::Selection comparison;
  std::string type{profile::kProcessCpu};
  int limit = 20;
  std::optional<double> cost;
  bool as_json = false;
};

Result<int> run(const DiffOptions& options) {
  const terminal::Selection& baseline = options.baseline;
  const terminal::Selection& comparison = options.comparison;
  PHLOX_TRY(const std::string answer, ask(options.server, "/api/v1/diff",
                                          {{"type", options.type},
                                           {"baseline_selector", baseline.selector},
                                           {"baseline_from", baseline.range.from.to_query()},
                                           {"baseline_until", baseline.range.until.to_query()},
                                           {"comparison_selector", comparison.selector},
                                           {"comparison_from", comparison.range.from.to_query()},
                                           {"comparison_until", comparison.range.until.to_query()},
                                           {"max_nodes", "1"},
                                           {"max_rows", std::to_string(options.limit)}}));
  if (options.as_json) {
    fmt::print("{}\n", answer);
    return 0;
  }
  PHLOX_TRY(const auto diff, terminal::decode_diff(answer));
  fmt::print("{}", terminal::diff_report(diff, options.cost));
  return 0;
}

}  // namespace

void add_diff(CommandLine& line) {
  CLI::App* command = line.app.add_subcommand("diff", "Compare two selections, in cores and money");
  command->footer(
      "A selection is SELECTOR@FROM or SELECTOR@FROM..UNTIL; UNTIL is now by default.\n"
      "Example: phlox diff '{service_name=\"shop\",version=\"1\"}@-20m..-10m' \\\n"
      "                    '{service_name=\"shop\",version=\"2\"}@-10m' --cost 100000");
  auto options = std::make_shared<DiffOptions>();
  add_parsed(*command, "baseline", options->baseline, terminal::Selection::parse,
             "What to compare with")
      ->type_name("SELECTION")
      ->required();
  add_parsed(*command, "comparison", options->comparison, terminal::Selection::parse,
             "What to compare")
      ->type_name("SELECTION")
      ->required();
  add_server_option(*command, options->server);
  add_type(*command, options->type);
  add_limit(*command, options->limit);
  add_cost(*command, options->cost);
  add_json_format(*command, options->as_json);
  command->callback([&line, options] { line.chosen = [options] { return run(*options); }; });
}

}  // namespace phlox
