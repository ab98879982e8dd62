// phlox push FILE...: sends profiles that lie in files to a server.
#include <fstream>
#include <sstream>

#include "base/gzip.h"
#include "base/log.h"
#include "commands.h"
#include "format/austin.h"
#include "format/file_format.h"
#include "format/folded.h"
#include "format/perf_script.h"
#include "format/pprof.h"
#include "format/speedscope.h"
#include "options.h"
#include "profile/sum.h"
#include "push/post.h"
#include "push/push_request.h"

namespace phlox {
namespace {

using format::FileFormat;

// Of a file as it is; what a pprof unpacks to has a bound of its own.
constexpr std::uintmax_t kMaxFileBytes = 64u << 20;
// Of text that carries no time. One window of the agent's is what it counts for unless told.
constexpr Nanoseconds kTextDuration = std::chrono::seconds(10);

struct PushOptions {
  std::string server;
  SeriesOptions series;
  std::optional<terminal::Instant> from;
  std::optional<terminal::Instant> until;
  std::string type{profile::kProcessCpu};
  std::string unit = "samples";
  double rate_hz = sampler::kDefaultRateHz;
  std::vector<std::string> files;
};

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error::from_errno(errno, "open");
  std::string bytes(kMaxFileBytes + 1, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (file.bad()) return Error::from_errno(errno, "read");
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  if (bytes.size() > kMaxFileBytes) return Error::limit("larger than {} bytes", kMaxFileBytes);
  if (bytes.empty()) return Error::invalid("the file is empty");
  return bytes;
}

// Folded stacks and speedscope do not say what kind of profile they are.
bool says_its_type(FileFormat format) {
  return format != FileFormat::kFolded && format != FileFormat::kSpeedscope;
}

Result<profile::Profile> decode_with_type(FileFormat format, std::string_view text,
                                          const PushOptions& options) {
  PHLOX_TRY(const auto type, profile::ProfileType::parse(options.type));
  const bool is_samples = options.unit == "samples" && type.sample.unit == "nanoseconds";
  const double sample_value = is_samples ? 1e9 / options.rate_hz : 1.0;
  profile::Profile profile;
  if (format == FileFormat::kSpeedscope) {
    PHLOX_TRY(profile, format::decode_speedscope(text, type.sample, sample_value));
  } else {
    PHLOX_TRY(profile, format::decode_folded(text, type.sample));
    const auto period = static_cast<std::int64_t>(sample_value);
    for (std::int64_t& value : profile.values)
      if (__builtin_mul_overflow(value, period, &value) || value > profile::kMaxPushedValue)
        return Error::limit("a value times {} ns is over 2^53", period);
  }
  if (is_samples) profile.period = static_cast<std::int64_t>(sample_value);
  profile.period_type = type.period;
  return profile;
}

Result<profile::Profile> decode(FileFormat format, std::string_view bytes,
                                const PushOptions& options) {
  if (format == FileFormat::kPprof) return format::decode_pprof(bytes);
  profile::Profile profile;
  if (format == FileFormat::kAustin) {
    PHLOX_TRY(profile, format::decode_austin(bytes));
  } else if (format == FileFormat::kPerfScript) {
    PHLOX_TRY(profile, format::decode_perf_script(bytes));
  } else {
    PHLOX_TRY(profile, decode_with_type(format, bytes, options));
  }
  // Text does not say when it was recorded.
  if (profile.duration == Nanoseconds::zero()) profile.duration = kTextDuration;
  profile.start = Clock::system().wall_now() - profile.duration;
  return profile;
}

// What the first part of the profile type is on the wire, by what pprofs of that kind contain.
std::string name_for(const profile::Profile& profile, FileFormat format) {
  std::string name = format == FileFormat::kPerfScript ? "perf" : "process_cpu";
  for (const auto& type : profile.sample_types) {
    if (type.type == "cpu") return "process_cpu";
    if (type.type == "wall") name = "wall";
    if (type.type.starts_with("alloc_") || type.type.starts_with("inuse_")) name = "memory";
  }
  return name;
}

Result<> set_time(profile::Profile& profile, const PushOptions& options) {
  if (!options.from && !options.until) return {};
  const WallTime now = Clock::system().wall_now();
  const WallTime until = options.until ? options.until->at(now) : now;
  const WallTime from = options.from ? options.from->at(now) : until - profile.duration;
  if (from >= until) return Error::invalid("--from is not before --until");
  profile.start = from;
  profile.duration = until - from;
  return {};
}

Result<> push_file(const std::string& path, const PushOptions& options, http::Client& client) {
  PHLOX_TRY(const std::string bytes, read_file(path));
  PHLOX_TRY(const FileFormat format, format::recognize(bytes));
  PHLOX_TRY(auto profile, decode(format, bytes, options));
  PHLOX_TRY(set_time(profile, options));
  PHLOX_TRY(const auto type, profile::ProfileType::parse(options.type));
  const std::string name = says_its_type(format) ? name_for(profile, format) : type.name;
  std::vector<profile::Labels::Pair> pairs = options.series.labels;
  pairs.emplace_back(profile::kProfileName, name);
  pairs.emplace_back(profile::kServiceName, options.series.service);
  PHLOX_TRY(const auto labels, profile::Labels::from_pairs(std::move(pairs)));

  const std::string pprof = gzip(format::encode_pprof(profile));
  const auto verdict =
      push::post(client, push::encode_push_request(labels, pprof, push::random_uuid()));
  if (verdict.outcome != push::Verdict::Outcome::kStored) return Error::io("{}", verdict.reason);
  fmt::print("{}: {} samples of {} sent as {}\n", path, profile.sample_count(), name,
             labels.to_string());
  return {};
}

Result<int> run(const PushOptions& options) {
  PHLOX_TRY(auto url, http::BaseUrl::parse(options.server));
  http::Client client(std::move(url));
  int exit_code = 0;
  for (const std::string& path : options.files) {
    if (const auto pushed = push_file(path, options, client).context(path); !pushed) {
      log(LogLevel::kError, "{}", pushed.error().message());
      exit_code = kFailure;
    }
  }
  return exit_code;
}

}  // namespace

void add_push(CommandLine& line) {
  CLI::App* command = line.app.add_subcommand("push", "Send profiles in files to a server");
  auto options = std::make_shared<PushOptions>();
  command
      ->add_option("files", options->files,
                   "pprof, gzipped or not, speedscope, austin's text, what `perf script` writes, "
                   "or folded stacks; told apart by content")
      ->type_name("FILE")
      ->required();
  add_server_option(*command, options->server);
  add_series(*command, options->series, "none, it must be given");
  command->get_option("--service")->required();
  add_parsed(*command, "--from", options->from, terminal::Instant::parse,
             "Begin of what the files cover; default: as a pprof says, for text as long "
             "before --until as it says it lasted, else 10 s")
      ->type_name("TIME");
  add_parsed(*command, "--until", options->until, terminal::Instant::parse,
             "End of what the files cover; default: as a pprof says, for text now")
      ->type_name("TIME");
  add_type(*command, options->type);
  command
      ->add_option("--unit", options->unit,
                   "What folded stacks and speedscope's unit none count: samples, worth 1/rate "
                   "seconds each, or nanoseconds")
      ->check(CLI::IsMember({"samples", "nanoseconds"}))
      ->capture_default_str();
  add_rate(*command, options->rate_hz);
  command->callback([&line, options] { line.chosen = [options] { return run(*options); }; });
}

}  // namespace phlox
