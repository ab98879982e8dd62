// phlox push FILE...: sends profiles that lie in files to a server.
#include <fstream>
#include <sstream>

#include "base/gzip.h"
#include "base/log.h"
#include "commands.h"
#include "format/pprof.h"
#include "format/profile_file.h"
#include "options.h"
#include "push/post.h"
#include "push/push_request.h"

namespace phlox {
namespace {

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
  std::string bytes(format::kMaxFileBytes + 1, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (file.bad()) return Error::from_errno(errno, "read");
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

Result<format::FileReading> reading_of(const PushOptions& options) {
  format::FileReading reading;
  reading.is_samples = options.unit == "samples";
  reading.rate_hz = options.rate_hz;
  reading.now = Clock::system().wall_now();
  PHLOX_TRY(reading.type, profile::ProfileType::parse(options.type));
  if (options.from) reading.from = options.from->at(reading.now);
  if (options.until) reading.until = options.until->at(reading.now);
  return reading;
}

Result<> push_file(const std::string& path, const PushOptions& options, http::Client& client) {
  PHLOX_TRY(const std::string bytes, read_file(path));
  PHLOX_TRY(const format::FileReading reading, reading_of(options));
  PHLOX_TRY(const format::ProfileFile file, format::read_profile_file(bytes, reading));
  std::vector<profile::Labels::Pair> pairs = options.series.labels;
  pairs.emplace_back(profile::kProfileName, file.name);
  pairs.emplace_back(profile::kServiceName, options.series.service);
  PHLOX_TRY(const auto labels, profile::Labels::from_pairs(std::move(pairs)));

  const std::string pprof = gzip(format::encode_pprof(file.profile));
  const auto verdict =
      push::post(client, push::encode_push_request(labels, pprof, push::random_uuid()));
  if (verdict.outcome != push::Verdict::Outcome::kStored) return Error::io("{}", verdict.reason);
  fmt::print("{}: {}, {} samples of {} sent as {}\n", path, format::name_of(file.format),
             file.profile.sample_count(), file.name, labels.to_string());
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
                   "pprof, speedscope, Firefox profile, austin's text, what CPython 3.15's "
                   "sampler writes with --collapsed or --gecko, what `perf script` writes, or "
                   "folded stacks; gzipped or not; told apart by content")
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
