// phlox: the command. Samples programs, writes files, asks servers.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <span>

#include "base/log.h"
#include "commands.h"
#include "launch/held_signals.h"

namespace {

using phlox::CommandLine;

// What stands behind "--" is a program's and not parsed. Returns the words before, last one first,
// as the parser wants them.
std::vector<std::string> words_to_parse(std::span<char* const> arguments, CommandLine& line) {
  std::vector<std::string> words(arguments.begin(), arguments.end());
  const auto dashes = std::ranges::find(words, "--");
  if (dashes != words.end()) {
    line.has_dashes = true;
    line.behind_dashes.assign(dashes + 1, words.end());
    words.erase(dashes, words.end());
  }
  std::ranges::reverse(words);
  return words;
}

// The first word that should name a command and does not; the parser itself would only say that one
// is missing. `words` has the last one first.
std::string unknown_command(const CLI::App& app, std::span<const std::string> words) {
  if (words.empty() || app.get_subcommands({}).empty()) return "";
  const std::string& word = words.back();
  if (word.starts_with('-')) return "";
  const auto named =
      app.get_subcommands([&](const CLI::App* command) { return command->get_name() == word; });
  return named.empty() ? word : unknown_command(*named[0], words.first(words.size() - 1));
}

int wrong_usage(std::string_view message) {
  phlox::log(phlox::LogLevel::kError, "{}; see `phlox --help`", message);
  return phlox::kWrongUsage;
}

int run_chosen(const CommandLine& line) {
  const auto exit_code = line.chosen();
  if (exit_code) return *exit_code;
  phlox::log(phlox::LogLevel::kError, "{}", exit_code.error().message());
  return phlox::kFailure;
}

int run(std::span<char* const> arguments) {
  if (!arguments.empty() && std::string_view(arguments[0]) == "server") {
    const auto error = phlox::execute_server({arguments.begin() + 1, arguments.end()});
    phlox::log(phlox::LogLevel::kError, "{}", error.message());
    return phlox::kFailure;
  }

  CLI::App app("A continuous profiler for Python servers.", "phlox");
  app.require_subcommand(1);
  app.add_flag_callback(
      "-v,--verbose", [] { phlox::set_log_level(phlox::LogLevel::kDebug); },
      "Say on stderr what is found, chosen and left out");
  CommandLine line{.app = app, .chosen = {}, .behind_dashes = {}};
  phlox::add_server(line);
  phlox::add_exec(line);
  phlox::add_attach(line);
  phlox::add_record(line);
  phlox::add_top(line);
  phlox::add_dump(line);
  phlox::add_push(line);
  phlox::add_query(line);
  phlox::add_diff(line);
  phlox::add_annotate(line);
  auto words = words_to_parse(arguments, line);
  if (const std::string word = unknown_command(app, words); !word.empty())
    return wrong_usage(fmt::format("unknown command '{}'", word));
  try {
    app.parse(std::move(words));
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return wrong_usage(error.what());
  }
  return run_chosen(line);
}

}  // namespace

int main(int argc, char** argv) {
  phlox::launch::occupy_standard_descriptors();
  try {
    return run({argv + 1, argv + std::max(argc, 1)});
  } catch (const std::exception& error) {  // what a library throws where nobody expects it
    static_cast<void>(std::fputs("phlox: error: ", stderr));
    static_cast<void>(std::fputs(error.what(), stderr));
    static_cast<void>(std::fputs("\n", stderr));
    return phlox::kFailure;
  }
}
