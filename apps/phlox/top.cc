// phlox top --pid N: what a process does right now, again and again.
#include <fmt/core.h>

#include <mutex>

#include "agent/live_view.h"
#include "commands.h"
#include "launch/end_signals.h"
#include "options.h"
#include "sampler/open_engine.h"
#include "terminal/screen.h"
#include "terminal/table.h"

namespace phlox {
namespace {

using agent::LiveBy;
using agent::LiveOrder;
using agent::LiveRow;
using agent::LiveView;

constexpr Nanoseconds kKeyInterval = std::chrono::milliseconds(100);
constexpr std::size_t kPlainRows = 20;
constexpr std::size_t kOwnLines = 5;  // of the screen, besides the rows
constexpr char kEnter = '\n';
constexpr char kEscape = '\x1b';
constexpr char kBackspace = '\x7f';

struct TopOptions {
  pid_t pid = 0;
  Nanoseconds interval = std::chrono::seconds(1);
  int iterations = 0;  // 0: until the end
  sampler::Options sampling;
};

// What the user has chosen by keys.
struct Choices {
  LiveBy by = LiveBy::kFunction;
  LiveOrder order = LiveOrder::kSelf;
  std::string filter;
  bool typing = false;  // of the filter
  bool quit = false;

  void take(char key) {
    if (typing) return type(key);
    switch (key) {
      case 'f':
        by = LiveBy::kFunction;
        break;
      case 'l':
        by = LiveBy::kLine;
        break;
      case 't':
        by = LiveBy::kThread;
        break;
      case 's':
        order = order == LiveOrder::kSelf ? LiveOrder::kTotal : LiveOrder::kSelf;
        break;
      case '/':
        typing = true;
        break;
      case 'q':
        quit = true;
        break;
      default:
        break;
    }
  }

 private:
  void type(char key) {
    if (key == kEnter || key == kEscape) {
      typing = false;
      if (key == kEscape) filter.clear();
    } else if (key == kBackspace) {
      if (!filter.empty()) filter.pop_back();
    } else if (key >= ' ') {
      filter += key;
    }
  }
};

std::string percent(double cores) { return fmt::format("{:.1f} %", 100 * cores); }

std::string table_of(const LiveView& view, const Choices& choices, std::size_t rows) {
  const bool threads = choices.by == LiveBy::kThread;
  terminal::Table table(
      threads ? std::vector<terminal::Column>{{"CPU"},
                                              {"GIL"},
                                              {"GIL WAIT"},
                                              {"THREAD", terminal::Align::kLeft}}
              : std::vector<terminal::Column>{
                    {"SELF"},
                    {"TOTAL"},
                    {"GIL"},
                    {"GIL WAIT"},
                    {"FUNCTION", terminal::Align::kLeft},
                    {choices.by == LiveBy::kLine ? "LINE" : "FILE", terminal::Align::kLeft}});
  auto all = view.rows(choices.by, choices.order, choices.filter);
  if (all.size() > rows) all.resize(rows);
  for (const LiveRow& row : all) {
    if (threads) {
      table.add_row({percent(row.total), percent(row.holding), percent(row.waiting), row.name});
    } else {
      table.add_row({percent(row.self), percent(row.total), percent(row.holding),
                     percent(row.waiting), row.name, row.place});
    }
  }
  return table.to_string();
}

std::string page_of(const LiveView& view, const Choices& choices, const TopOptions& options,
                    std::size_t height) {
  const std::size_t rows = height > kOwnLines ? height - kOwnLines : 1;
  std::string filter = choices.filter;
  if (choices.typing) filter += '_';
  return fmt::format(
      "process {} and its children: {:.2f} cores; per cent of one core, by {}{}\n\n{}\n"
      "f functions  l lines  t threads  s sort by {}  / filter{}  q quit",
      options.pid, view.cores(), choices.order == LiveOrder::kSelf ? "self" : "total",
      view.empty() ? "; the first interval is not over yet" : "", table_of(view, choices, rows),
      choices.order == LiveOrder::kSelf ? "total" : "self",
      filter.empty() ? "" : fmt::format(" '{}'", terminal::printable(filter)));
}

// The newest windows, handed over by the sampler's thread.
struct Shared {
  std::mutex mutex;
  LiveView view;
  int intervals = 0;
  WallTime end{};

  void add(const sampler::Window& window) {
    const std::scoped_lock lock(mutex);
    view.add(window);
    const auto& profile = window.profiles.front().profile;
    if (profile.start + profile.duration <= end) return;
    end = profile.start + profile.duration;
    ++intervals;
  }
};

// To a terminal that can be drawn over; keys choose what is shown.
void run_on_screen(terminal::Screen& screen, const TopOptions& options, Shared& shared,
                   const std::function<bool()>& over) {
  Choices choices;
  while (!choices.quit && !over()) {
    {
      const std::scoped_lock lock(shared.mutex);
      screen.draw(page_of(shared.view, choices, options, screen.height()));
    }
    for (const char key : screen.keys(kKeyInterval)) choices.take(key);
  }
}

// To a file or a pipe: one table after the other.
void run_plain(const TopOptions& options, Shared& shared, const launch::EndSignals& end_signals,
               const std::function<bool()>& over) {
  int printed = 0;
  for (bool last = false; !last;) {
    last = over() || end_signals.wait_for(kKeyInterval);
    const std::scoped_lock lock(shared.mutex);
    if (shared.intervals == printed) continue;
    printed = shared.intervals;
    fmt::print("{:.2f} cores\n{}\n", shared.view.cores(),
               table_of(shared.view, Choices(), kPlainRows));
    std::fflush(stdout);
    last = last || (options.iterations > 0 && printed >= options.iterations);
  }
}

Result<int> run(TopOptions options) {
  options.sampling.window = options.interval;
  options.sampling.threads = true;
  options.sampling.looks.gil = true;
  const launch::EndSignals end_signals;
  Shared shared;
  PHLOX_TRY(auto engine, sampler::open_engine(options.sampling));
  sampler::Sampler sampler(std::move(engine), options.sampling,
                           [&shared](const sampler::Window& window) { shared.add(window); });
  PHLOX_TRY(sampler.attach(options.pid));
  const auto enough = [&] {
    const std::scoped_lock lock(shared.mutex);
    return sampler.idle() || (options.iterations > 0 && shared.intervals >= options.iterations);
  };
  if (auto screen = terminal::Screen::open()) {
    run_on_screen(*screen, options, shared,
                  [&] { return enough() || end_signals.wait_for(Nanoseconds(0)); });
  } else {
    run_plain(options, shared, end_signals, [&] { return sampler.idle(); });
  }
  sampler.stop();
  return 0;
}

}  // namespace

void add_top(CommandLine& line) {
  CLI::App* command =
      line.app.add_subcommand("top", "Show what a running process and its children do, live");
  command->footer(
      "Keys: f functions, l lines, t threads, s sort by self or total, / filter, q quit.\n"
      "To a pipe or a file it prints one table an interval.");
  auto options = std::make_shared<TopOptions>();
  add_pid(*command, options->pid);
  add_parsed(*command, "--interval", options->interval, terminal::parse_duration,
             "How often to show anew: 500ms, 1s, 10s")
      ->type_name("DURATION")
      ->default_str("1s");
  command->add_option("--iterations", options->iterations, "End after so many intervals")
      ->check(CLI::PositiveNumber)
      ->default_str("until Ctrl-C");
  add_rate(*command, options->sampling.rate_hz);
  add_engine(*command, options->sampling.engine);
  add_native(*command, options->sampling.native);
  command->callback([&line, options] { line.chosen = [options] { return run(*options); }; });
}

}  // namespace phlox
