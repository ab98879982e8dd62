// phlox-server: takes profiles in, stores them, answers queries, serves the web page.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "api/metrics.h"
#include "api/routes.h"
#include "api/source_directory.h"
#include "base/log.h"
#include "http/server.h"
#include "rpc/server.h"
#include "storage/rocksdb_check.h"
#include "storage/rocksdb_store.h"

namespace phlox {
namespace {

struct CommandLine {
  std::string listen = "127.0.0.1:4040";
  std::string grpc_listen;
  std::string data = "./data";
  std::string backups;
  bool open = false;
  bool sync = false;
  std::string retention = "10s=7d,10m=90d,1h=1y,1d=5y";
  std::string max_size = "0";
  std::string reserve = "1GB";
  std::size_t max_series = 1'000'000;
  std::string source_dir;
  LogLevel log_level = LogLevel::kInfo;
};

void add_options(CLI::App& app, CommandLine& options) {
  app.add_option("--listen", options.listen, "Address to listen on, HOST:PORT; port 0: a free one")
      ->capture_default_str();
  // Off by default: 4317, the port that OTLP's senders expect, is their collector's on most
  // machines.
  app.add_option("--grpc-listen", options.grpc_listen,
                 "Take gRPC too, on HOST:PORT, as 127.0.0.1:4317; off by default, since a machine "
                 "with OpenTelemetry has its collector there");
  app.add_option("--data", options.data, "Directory of the profiles; made if it is not there")
      ->capture_default_str();
  app.add_option("--backups", options.backups,
                 "Directory in which POST /api/v1/backups writes a copy of the data, each in one "
                 "of its own; best on the same disk, where files are linked; off by default");
  app.add_flag("--open", options.open,
               "Let other machines in: there is no login, whoever reaches the address reads and "
               "writes all profiles");
  app.add_flag("--sync", options.sync,
               "Answer only after the disk has it: survives a loss of power, costs an fsync");
  app.add_option(
         "--retention", options.retention,
         "How long each level is kept: s m h d w y, or forever; the sums of what goes stay in "
         "the levels above")
      ->capture_default_str();
  app.add_option(
         "--max-size", options.max_size,
         "Largest size of the data, as 50GB: above it the oldest goes, finest level first; 0: "
         "no bound")
      ->capture_default_str();
  app.add_option(
         "--reserve", options.reserve,
         "Profiles are refused (507) while less than this is free on the disk, or less than a "
         "twentieth of it")
      ->capture_default_str();
  app.add_option("--max-series", options.max_series,
                 "Profiles of new series are refused above this; some 500 bytes of memory each")
      ->capture_default_str();
  app.add_option("--source-dir", options.source_dir,
                 "Show source files below this directory beside their profiles, to whoever may "
                 "open the page; off by default");
  const std::map<std::string, LogLevel> levels = {{"debug", LogLevel::kDebug},
                                                  {"info", LogLevel::kInfo},
                                                  {"warning", LogLevel::kWarning},
                                                  {"error", LogLevel::kError}};
  app.add_option("--log-level", options.log_level, "debug, info, warning or error")
      ->transform(CLI::CheckedTransformer(levels, CLI::ignore_case))
      ->default_str("info");
}

// Blocked before any thread starts, so that only wait_for_stop() sees them.
sigset_t block_stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

void wait_for_stop(const sigset_t& signals) {
  int received = 0;
  sigwait(&signals, &received);
}

// Prints what it found; false if something is wrong.
Result<bool> check_data(const std::string& directory) {
  PHLOX_TRY(const storage::CheckReport report, storage::check_rocksdb_store(directory));
  fmt::print("{} cells, {} pairs of stack and value, {} series, {} stacks\n", report.cells,
             report.pairs, report.series, report.stacks);
  for (const std::string& fault : report.faults) fmt::print("{}\n", fault);
  fmt::print("{}\n", report.fault_count == 0 ? "everything adds up"
                                             : fmt::format("{} faults", report.fault_count));
  return report.fault_count == 0;
}

// Nothing without --grpc-listen.
Result<std::unique_ptr<rpc::Server>> start_grpc(const CommandLine& options,
                                                const http::Router& router, api::Metrics& metrics,
                                                decltype(http::ServerOptions::observe) observe) {
  if (options.grpc_listen.empty()) return std::unique_ptr<rpc::Server>();
  PHLOX_TRY(const http::ListenAddress listen, http::parse_listen_address(options.grpc_listen));
  PHLOX_TRY(auto server, rpc::Server::start({.listen = listen,
                                             .open = options.open,
                                             .limits = {},
                                             .observe = std::move(observe),
                                             .load = &metrics.grpc_load},
                                            router));
  log(LogLevel::kInfo, "gRPC on {}", server->address());
  return server;
}

// Nothing without --source-dir.
Result<std::optional<api::SourceDirectory>> open_sources(const CommandLine& options) {
  if (options.source_dir.empty()) return std::optional<api::SourceDirectory>();
  PHLOX_TRY(auto sources, api::SourceDirectory::open(options.source_dir).context("--source-dir"));
  return std::optional(std::move(sources));
}

Result<> serve(const CommandLine& options) {
  const sigset_t stop_signals = block_stop_signals();
  PHLOX_TRY(const http::ListenAddress listen, http::parse_listen_address(options.listen));
  PHLOX_TRY(http::check_exposure(listen, options.open));
  storage::RocksOptions store_options{
      .directory = options.data, .sync = options.sync, .max_series = options.max_series};
  PHLOX_TRY(store_options.retention.keep, storage::parse_retention(options.retention));
  PHLOX_TRY(store_options.retention.max_bytes,
            storage::parse_size(options.max_size).context("--max-size"));
  PHLOX_TRY(store_options.reserve_bytes, storage::parse_size(options.reserve).context("--reserve"));
  PHLOX_TRY(const auto store, storage::open_rocksdb_store(store_options));
  PHLOX_TRY(const auto sources, open_sources(options));
  api::Metrics metrics;
  api::Service service{.store = *store,
                       .metrics = metrics,
                       .sources = sources ? &*sources : nullptr,
                       .backups = options.backups,
                       .retention = options.retention};
  http::ServerOptions server_options{.listen = listen, .open = options.open};
  server_options.load = &metrics.http_load;
  server_options.observe = [&metrics](std::string_view path, int status, Nanoseconds took) {
    metrics.add_request(path, status, took);
  };
  const http::Router router = api::make_router(service);
  PHLOX_TRY(const auto grpc_server, start_grpc(options, router, metrics, server_options.observe));
  PHLOX_TRY(const auto server, http::Server::start(std::move(server_options), router));
  log(LogLevel::kInfo, "listening on {}", server->url());
  wait_for_stop(stop_signals);
  log(LogLevel::kInfo, "stopping");
  server->stop();
  if (grpc_server != nullptr) grpc_server->stop();
  return {};
}

}  // namespace
}  // namespace phlox

int main(int argc, char** argv) {
  CLI::App app("Keeps profiles and shows them: the server of phlox.", "phlox server");
  phlox::CommandLine options;
  phlox::add_options(app, options);
  const CLI::App* check =
      app.add_subcommand("check", "Reads all data of a stopped server, and says whether it adds up")
          ->fallthrough();  // so that --data may follow it
  CLI11_PARSE(app, argc, argv);
  phlox::set_log_level(options.log_level);
  if (check->parsed()) {
    const auto is_sound = phlox::check_data(options.data);
    if (!is_sound) phlox::log(phlox::LogLevel::kError, "{}", is_sound.error().message());
    return is_sound && *is_sound ? EXIT_SUCCESS : EXIT_FAILURE;
  }
  if (const auto served = phlox::serve(options); !served) {
    phlox::log(phlox::LogLevel::kError, "{}", served.error().message());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
