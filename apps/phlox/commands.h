// The subcommands of phlox, each in the file of its name. add_* describes the command to the parser
// and says what to run should it be the chosen one.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace phlox {

struct CommandLine {
  CLI::App& app;
  std::function<Result<int>()> chosen;     // returns the exit code; an error is printed and exits 1
  std::vector<std::string> behind_dashes;  // what follows the first "--"
  bool has_dashes = false;
};

void add_exec(CommandLine& line);
void add_attach(CommandLine& line);
void add_record(CommandLine& line);
void add_top(CommandLine& line);
void add_dump(CommandLine& line);
void add_push(CommandLine& line);
void add_query(CommandLine& line);
void add_diff(CommandLine& line);
void add_annotate(CommandLine& line);
void add_server(CommandLine& line);

// Becomes `phlox-server`, which stands beside our own file. Returns only if that fails.
Error execute_server(const std::vector<std::string>& arguments);

// Exit codes: 1 is an error of the work, 2 one of how we were called.
inline constexpr int kFailure = 1;
inline constexpr int kWrongUsage = 2;

}  // namespace phlox
