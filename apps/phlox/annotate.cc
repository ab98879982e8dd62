// phlox annotate TEXT: marks a moment, such as a deployment, on the timelines of a server.
#include <nlohmann/json.hpp>

#include "ask.h"
#include "commands.h"
#include "options.h"

namespace phlox {
namespace {

struct AnnotateOptions {
  std::string server;
  SeriesOptions series;
  terminal::Instant at;
  std::string text;
};

Result<int> run(const AnnotateOptions& options) {
  std::vector<profile::Labels::Pair> pairs = options.series.labels;
  if (!options.series.service.empty())
    pairs.emplace_back(profile::kServiceName, options.series.service);
  PHLOX_TRY(const auto labels, profile::Labels::from_pairs(std::move(pairs)));
  const nlohmann::json annotation{
      {"text", options.text}, {"at", options.at.to_query()}, {"selector", labels.to_string()}};
  constexpr auto kReplace = nlohmann::json::error_handler_t::replace;
  PHLOX_TRY(put(options.server, "/api/v1/annotations", annotation.dump(-1, ' ', false, kReplace)));
  return 0;
}

}  // namespace

void add_annotate(CommandLine& line) {
  CLI::App* command =
      line.app.add_subcommand("annotate", "Mark a moment on the timelines, such as a deployment");
  command->footer("Example: phlox annotate 'deploy 1.4' --service shop");
  auto options = std::make_shared<AnnotateOptions>();
  command->add_option("text", options->text, "What happened")->type_name("TEXT")->required();
  add_server_option(*command, options->server);
  add_series(*command, options->series, "all services");
  add_parsed(*command, "--at", options->at, terminal::Instant::parse, "When; default: now")
      ->type_name("TIME");
  command->callback([&line, options] { line.chosen = [options] { return run(*options); }; });
}

}  // namespace phlox
