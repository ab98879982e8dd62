// phlox dump --pid N: what each thread of a process does now.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "commands.h"
#include "options.h"
#include "sampler/thread_dump.h"
#include "terminal/table.h"

namespace phlox {
namespace {

using sampler::EventKind;
using sampler::GilRole;
using sampler::ThreadDump;

struct DumpOptions {
  pid_t pid = 0;
  bool as_json = false;
};

std::string_view state_of(const ThreadDump& thread) { return thread.running ? "running" : "asleep"; }

std::string_view gil_of(const ThreadDump& thread) {
  switch (thread.gil) {
    case GilRole::kHolds:
      return "holds the GIL";
    case GilRole::kWaits:
      return "waits for the GIL";
    case GilRole::kNone:
      break;
  }
  return "";
}

std::string_view note_on(EventKind kind) {
  switch (kind) {
    case EventKind::kMoving:
      return "[moving]";
    case EventKind::kUnreadable:
      return "[unreadable]";
    case EventKind::kNative:
      return "[native, no Python thread]";
    case EventKind::kSample:
    case EventKind::kWindowEnd:
      break;
  }
  return "";
}

void print_text(const std::vector<ThreadDump>& threads) {
  for (const ThreadDump& thread : threads) {
    const std::string_view gil = gil_of(thread);
    fmt::print("thread {} \"{}\", {}{}{}\n", thread.tid, terminal::printable(thread.name),
               state_of(thread), gil.empty() ? "" : ", ", gil);
    if (const auto note = note_on(thread.kind); !note.empty()) fmt::print("    {}\n", note);
    for (const auto& frame : thread.frames)
      fmt::print("    {} ({}:{})\n", terminal::printable(frame.function),
                 terminal::printable(frame.file), frame.line);
    fmt::print("\n");
  }
}

void print_json(const std::vector<ThreadDump>& threads) {
  auto out = nlohmann::json::array();
  for (const ThreadDump& thread : threads) {
    auto frames = nlohmann::json::array();
    for (const auto& frame : thread.frames)
      frames.push_back({{"function", frame.function}, {"file", frame.file}, {"line", frame.line}});
    out.push_back({{"tid", thread.tid},
                   {"name", thread.name},
                   {"state", state_of(thread)},
                   {"gil", gil_of(thread)},
                   {"note", note_on(thread.kind)},
                   {"frames", std::move(frames)}});
  }
  // Names come from a program and need not be UTF-8.
  fmt::print("{}\n", out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

Result<int> run(const DumpOptions& options) {
  PHLOX_TRY(const auto threads, sampler::dump_threads(options.pid));
  options.as_json ? print_json(threads) : print_text(threads);
  return 0;
}

}  // namespace

void add_dump(CommandLine& line) {
  CLI::App* command = line.app.add_subcommand(
      "dump", "Show what each thread of a process does now: its stack, and who has the GIL");
  auto options = std::make_shared<DumpOptions>();
  add_pid(*command, options->pid);
  add_json_format(*command, options->as_json);
  command->callback([&line, options] { line.chosen = [options] { return run(*options); }; });
}

}  // namespace phlox
