// phlox record --pid N: profiles a running process and its children once, into a file.
#include <fcntl.h>
#include <fmt/ranges.h>
#include <regex.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "agent/recording.h"
#include "base/gzip.h"
#include "base/log.h"
#include "base/unique_fd.h"
#include "commands.h"
#include "format/folded.h"
#include "format/kept_page.h"
#include "format/pprof.h"
#include "format/speedscope.h"
#include "launch/end_signals.h"
#include "options.h"
#include "process/process_tree.h"
#include "sampler/open_engine.h"
#include "web_assets.h"

namespace phlox {
namespace {

constexpr Nanoseconds kProgressInterval = std::chrono::milliseconds(250);
const profile::ValueType kSamples{"samples", "count"};
constexpr std::string_view kNanoseconds = "nanoseconds";

// What can be recorded, and where the sampler says it.
struct RecordType {
  std::string_view name;  // also that of the column
  std::string_view profile;
  sampler::Looks looks;
};
constexpr std::array kTypes = {
    RecordType{"cpu", "process_cpu", {}}, RecordType{"wall", "wall", {.off_cpu = true}},
    RecordType{"gil", "gil", {.gil = true}}, RecordType{"gil_wait", "gil", {.gil = true}},
    RecordType{"gil_block", "gil", {.gil = true}}};

struct RecordOptions {
  pid_t pid = 0;
  std::string match;
  Nanoseconds duration = std::chrono::seconds(10);
  sampler::Options sampling;
  const RecordType* type = kTypes.data();
  std::string format = "folded";
  std::string unit;
  std::string output = "-";
  std::string title;  // of a page: whom it shows
};

// Opened before the wait, so that a wrong path is known at once; emptied only when there is
// something to write.
Result<UniqueFd> open_output(const std::string& path) {
  if (path == "-") return UniqueFd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
  UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
  if (!file) return Error::from_errno(errno, fmt::format("open '{}'", path));
  return file;
}

Result<> write_output(const UniqueFd& file, std::string_view bytes, const std::string& path) {
  struct stat status{};
  const bool is_file = ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode);
  if (path != "-" && is_file && ::ftruncate(file.get(), 0) != 0)
    return Error::from_errno(errno, fmt::format("empty '{}'", path));
  while (!bytes.empty()) {
    const ssize_t size = ::write(file.get(), bytes.data(), bytes.size());
    if (size < 0 && errno != EINTR)
      return Error::from_errno(errno, fmt::format("write '{}'", path));
    if (size > 0) bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return {};
}

// Time, which the page turns into cores; the samples stand in pprof and speedscope.
Result<std::string> encode_page(const profile::Profile& profile, const RecordOptions& options) {
  const auto assets = web::assets();
  const auto page = std::ranges::find(assets, "/kept.html", &web::Asset::path);
  const auto column =
      agent::column_of(profile, {std::string(options.type->name), std::string(kNanoseconds)});
  return format::encode_kept_page(profile,
                                  {.title = options.title,
                                   .profile_name = options.type->profile,
                                   .column = column.value_or(profile.sample_types.size())},
                                  page == assets.end() ? std::string_view() : page->bytes);
}

Result<std::string> encode(const profile::Profile& profile, const RecordOptions& options) {
  if (profile.sample_count() == 0 && options.format == "folded") return std::string();
  if (options.format == "html") return encode_page(profile, options);
  if (options.format == "speedscope")
    return format::encode_speedscope(profile, fmt::format("phlox {}", options.type->name));
  if (options.format == "pprof") return gzip(format::encode_pprof(profile));
  const profile::ValueType type =
      options.unit == "samples"
          ? kSamples
          : profile::ValueType{std::string(options.type->name), std::string(kNanoseconds)};
  const auto column = agent::column_of(profile, type);
  if (!column)
    return Error::invalid("the profile has no {}/{}; try another --unit", type.type, type.unit);
  return format::encode_folded(profile, *column);
}

double percent(double part, double whole) { return whole > 0 ? 100 * part / whole : 0; }

void print_summary(const sampler::Statistics& seen, bool ended_early) {
  log(LogLevel::kInfo,
      "{} samples, {} of them unproved ({:.2f} %); {:.1f} looks a second; {:.1f} % "
      "of the CPU time that the kernel counts{}",
      seen.samples_taken, seen.samples_unproved,
      percent(static_cast<double>(seen.samples_unproved), static_cast<double>(seen.samples_taken)),
      seen.ticks_per_second,
      percent(static_cast<double>(seen.sampled_cpu.count()),
              static_cast<double>(seen.kernel_cpu.count())),
      ended_early ? "; the process ended early" : "");
}

void print_lateness(const sampler::Statistics& seen) {
  const auto us = [](Nanoseconds time) {
    return std::chrono::duration<double, std::micro>(time).count();
  };
  if (seen.late_p99 == Nanoseconds(0)) return;  // nothing had to be woken up
  log(LogLevel::kDebug,
      "half of the looks came within {:.1f} us of their time, 99 % within {:.1f} us",
      us(seen.late_p50), us(seen.late_p99));
}

std::string_view why_nothing(const sampler::Statistics& seen) {
  if (seen.threads_missed > 0) return "its memory could not be read";
  if (seen.samples_taken > 0) return "there was nothing of this type";
  if (seen.kernel_cpu == Nanoseconds(0)) return "it used no CPU in that time";
  return "it used too little CPU for this rate; raise --rate or --duration";
}

// Whose command line matches an extended regular expression (regex(7)); ourselves not.
Result<std::vector<pid_t>> processes_matching(const std::string& pattern) {
  regex_t regex{};
  if (const int error = ::regcomp(&regex, pattern.c_str(), REG_EXTENDED | REG_NOSUB); error != 0) {
    std::array<char, 256> reason{};
    ::regerror(error, &regex, reason.data(), reason.size());
    return Error::invalid("--match '{}' is not a regular expression: {}", pattern, reason.data());
  }
  std::vector<pid_t> pids;
  for (const pid_t pid : process::list_processes()) {
    const std::string line = fmt::format("{}", fmt::join(process::command_of(pid), " "));
    if (pid != ::getpid() && ::regexec(&regex, line.c_str(), 0, nullptr, 0) == 0)
      pids.push_back(pid);
  }
  ::regfree(&regex);
  return pids;
}

// With --match what is no Python is passed over, as long as something is.
Result<> attach(sampler::Sampler& sampler, const RecordOptions& options) {
  if (options.match.empty()) return sampler.attach(options.pid);
  PHLOX_TRY(const auto pids, processes_matching(options.match));
  std::size_t attached = 0;
  Result<> last =
      Error::not_found("no process has a command line that matches '{}'", options.match);
  for (const pid_t pid : pids) {
    last = sampler.attach(pid);
    if (last) ++attached;
  }
  if (attached == 0) return last;
  log(LogLevel::kInfo, "recording {} process{}", attached, attached == 1 ? "" : "es");
  return {};
}

// A line on the terminal that is written over as the time passes.
class Progress {
 public:
  explicit Progress(Nanoseconds duration) : duration_(duration) {}
  bool is_shown() const { return is_terminal_; }
  void show(Nanoseconds left, const sampler::Sampler& sampler) const {
    if (!is_terminal_) return;
    const sampler::Statistics seen = sampler.statistics();
    const auto seconds = [](Nanoseconds time) {
      return std::chrono::duration<double>(time).count();
    };
    fmt::print(stderr, "\r{:.0f} of {:.0f} s, {} looks\x1b[K", seconds(duration_ - left),
               seconds(duration_), seen.samples_wanted);
  }
  void clear() const {
    if (is_terminal_) fmt::print(stderr, "\r\x1b[K");
  }

 private:
  Nanoseconds duration_;
  bool is_terminal_ = ::isatty(STDERR_FILENO) != 0;
};

// Before the process can end: whose profile it is.
std::string title_of(const RecordOptions& options) {
  if (!options.match.empty()) return fmt::format("processes matching {}", options.match);
  return fmt::format("{} (pid {})", fmt::join(process::command_of(options.pid), " "), options.pid);
}

Result<int> run(const RecordOptions& options) {
  const launch::EndSignals end_signals;
  agent::Recording recording{std::string(options.type->profile)};
  Result<> added;  // written by the sampler's thread, read once that has stopped
  PHLOX_TRY(auto engine, sampler::open_engine(options.sampling));
  sampler::Sampler sampler(std::move(engine), options.sampling, [&](const sampler::Window& window) {
    if (added) added = recording.add(window);
  });
  PHLOX_TRY(attach(sampler, options));
  PHLOX_TRY(const UniqueFd output, open_output(options.output));

  const SteadyTime end = Clock::system().steady_now() + options.duration;
  const Progress progress(options.duration);
  bool ended_early = false;
  for (auto now = Clock::system().steady_now(); now < end && !ended_early;
       now = Clock::system().steady_now()) {
    const Nanoseconds left = end - now;
    if (end_signals.wait_for(progress.is_shown() ? std::min(kProgressInterval, left) : left,
                             sampler.idle_file()))
      break;
    ended_early = sampler.idle();
    progress.show(end - now, sampler);
  }
  progress.clear();
  sampler.stop();
  PHLOX_TRY(std::move(added).context("add windows up"));

  const sampler::Statistics seen = sampler.statistics();
  if (recording.profile().sample_count() == 0)
    log(LogLevel::kWarning, "no samples: {}", why_nothing(seen));
  PHLOX_TRY(const std::string bytes, encode(recording.profile(), options));
  PHLOX_TRY(write_output(output, bytes, options.output));
  print_summary(seen, ended_early);
  print_lateness(seen);
  return 0;
}

void add_record_type(CLI::App& command, RecordOptions& options) {
  std::vector<std::string> names;
  names.reserve(std::size(kTypes));
  for (const RecordType& type : kTypes) names.emplace_back(type.name);
  command
      .add_option_function<std::string>(
          "--type",
          [&options](const std::string& name) {
            options.type = std::ranges::find(kTypes, name, &RecordType::name);
            options.sampling.looks.off_cpu = options.type->looks.off_cpu;
            options.sampling.looks.gil = options.type->looks.gil;
          },
          "What to sample. cpu: time on a CPU; wall: all time, asleep or not; gil: time with the "
          "GIL held; gil_wait: waited for it; gil_block: the same time, on the stack of who held "
          "it")
      ->check(CLI::IsMember(names))
      ->default_str("cpu");
}

// What is not said: other tools expect samples, but only a running thread gives any.
Result<> complete(RecordOptions& options) {
  const bool is_cpu = options.type->name == "cpu";
  options.title = title_of(options);
  if (options.unit.empty()) options.unit = is_cpu ? "samples" : kNanoseconds;
  if (options.unit == "samples" && !is_cpu)
    return Error::invalid("--unit samples goes with --type cpu only; {} is measured in {}",
                          options.type->name, kNanoseconds);
  return {};
}

}  // namespace

void add_record(CommandLine& line) {
  CLI::App* command = line.app.add_subcommand(
      "record", "Profile a running process and its children once, into a file");
  auto options = std::make_shared<RecordOptions>();
  auto* target = command->add_option_group("target")->require_option(1);
  target->add_option("--pid", options->pid, "Process to profile, with its children")
      ->type_name("PID")
      ->check(CLI::PositiveNumber);
  target
      ->add_option("--match", options->match,
                   "All Python processes whose command line matches this regular expression")
      ->type_name("REGEX");
  add_parsed(*command, "--duration", options->duration, terminal::parse_duration,
             "How long to sample: 500ms, 10s, 1m; Ctrl-C ends it early")
      ->type_name("DURATION")
      ->default_str("10s");
  add_rate(*command, options->sampling.rate_hz);
  add_engine(*command, options->sampling.engine);
  add_record_type(*command, *options);
  add_native(*command, options->sampling.native);
  add_threads(*command, options->sampling.threads);
  add_tasks(*command, options->sampling.looks);
  command
      ->add_option(
          "--format", options->format,
          "folded: text, one stack a line; pprof: gzipped, for go tool pprof and others; "
          "speedscope: for speedscope.app; html: a page of its own with flame graph and table, at "
          "most 1 MB")
      ->check(CLI::IsMember({"folded", "pprof", "speedscope", "html"}))
      ->capture_default_str();
  command
      ->add_option("--unit", options->unit,
                   "Values of folded stacks: samples as most tools expect, or nanoseconds; pprof "
                   "has both")
      ->check(CLI::IsMember({"samples", "nanoseconds"}))
      ->default_str("samples of cpu, else nanoseconds");
  command->add_option("--output", options->output, "File to write; - is standard output")
      ->type_name("FILE")
      ->capture_default_str();
  command->callback([&line, options] {
    if (const auto done = complete(*options); !done)
      throw CLI::ValidationError("--unit", done.error().message());
    line.chosen = [options] { return run(*options); };
  });
}

}  // namespace phlox
