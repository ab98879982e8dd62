// phlox dump --pid N: what each thread of a process does now.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "base/log.h"
#include "commands.h"
#include "cpython/waiting_tasks.h"
#include "options.h"
#include "sampler/thread_dump.h"
#include "terminal/table.h"

namespace phlox {
namespace {

using sampler::Dump;
using sampler::EventKind;
using sampler::GilRole;
using sampler::TaskDump;
using sampler::ThreadDump;

struct DumpOptions {
  pid_t pid = 0;
  bool as_json = false;
  sampler::DumpParts parts;
};

std::string_view state_of(const ThreadDump& thread) {
  return thread.running ? "running" : "asleep";
}

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

void print_frame(const sampler::FrameDump& frame) {
  fmt::print("    {}", terminal::printable(frame.function));
  if (!frame.file.empty()) fmt::print(" ({}", terminal::printable(frame.file));
  if (!frame.file.empty() && frame.line > 0) fmt::print(":{}", frame.line);
  fmt::print("{}\n", frame.file.empty() ? "" : ")");
  for (const cpython::Local& local : frame.locals)
    fmt::print("        {} = {}\n", terminal::printable(local.name),
               terminal::printable(local.value));
}

void print_thread(const ThreadDump& thread) {
  const std::string_view gil = gil_of(thread);
  fmt::print("thread {} \"{}\", {}{}{}\n", thread.tid, terminal::printable(thread.name),
             state_of(thread), gil.empty() ? "" : ", ", gil);
  if (const auto note = note_on(thread.kind); !note.empty()) fmt::print("    {}\n", note);
  for (const auto& frame : thread.frames) print_frame(frame);
  fmt::print("\n");
}

void print_task(const TaskDump& task) {
  fmt::print("task \"{}\", waiting\n", terminal::printable(task.name));
  for (const auto& frame : task.frames) print_frame(frame);
  fmt::print("\n");
}

void print_text(const Dump& dump) {
  for (const ThreadDump& thread : dump.threads) print_thread(thread);
  for (const TaskDump& task : dump.tasks) print_task(task);
}

nlohmann::json json_of(const sampler::FrameDump& frame, bool with_locals) {
  nlohmann::json out = {{"function", frame.function}, {"file", frame.file}, {"line", frame.line}};
  if (!with_locals) return out;
  auto& locals = out["locals"] = nlohmann::json::array();
  for (const cpython::Local& local : frame.locals)
    locals.push_back({{"name", local.name}, {"value", local.value}});
  return out;
}

nlohmann::json json_of(const std::vector<sampler::FrameDump>& frames, bool with_locals) {
  auto out = nlohmann::json::array();
  for (const auto& frame : frames) out.push_back(json_of(frame, with_locals));
  return out;
}

void print_json(const Dump& dump, bool with_locals) {
  auto out = nlohmann::json::array();
  for (const ThreadDump& thread : dump.threads)
    out.push_back({{"tid", thread.tid},
                   {"name", thread.name},
                   {"state", state_of(thread)},
                   {"gil", gil_of(thread)},
                   {"note", note_on(thread.kind)},
                   {"frames", json_of(thread.frames, with_locals)}});
  for (const TaskDump& task : dump.tasks)
    out.push_back(
        {{"task", task.name}, {"state", "waiting"}, {"frames", json_of(task.frames, with_locals)}});
  // Names come from a program and need not be UTF-8.
  fmt::print("{}\n", out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

Result<int> run(const DumpOptions& options) {
  PHLOX_TRY(const Dump dump, sampler::dump_process(options.pid, options.parts));
  options.as_json ? print_json(dump, options.parts.locals) : print_text(dump);
  if (!dump.all_tasks)
    log(LogLevel::kWarning, "there are more tasks than the {} that are shown", cpython::kMaxTasks);
  if (!dump.no_native.empty())
    log(LogLevel::kWarning, "threads that run show no native frames, which need engine ebpf: {}",
        dump.no_native);
  return 0;
}

}  // namespace

void add_dump(CommandLine& line) {
  CLI::App* command = line.app.add_subcommand(
      "dump", "Show what each thread of a process does now: its stack, and who has the GIL");
  auto options = std::make_shared<DumpOptions>();
  add_pid(*command, options->pid);
  command->add_flag("--locals", options->parts.locals,
                    "Show the local variables of each function, as short text");
  command->add_flag("--waiting-tasks", options->parts.waiting_tasks,
                    "Show the tasks of asyncio that wait, too, each by the coroutines it awaits");
  command->add_flag("--native", options->parts.native,
                    "Show native code and the kernel where Python calls them; of threads that run "
                    "only where engine ebpf is permitted");
  add_json_format(*command, options->as_json);
  command->callback([&line, options] { line.chosen = [options] { return run(*options); }; });
}

}  // namespace phlox
