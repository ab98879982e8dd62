// phlox-server: takes profiles in, stores them, answers queries, serves the web page.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <map>
#include <string>

#include "api/metrics.h"
#include "api/routes.h"
#include "base/log.h"
#include "http/server.h"
#include "storage/rocksdb_store.h"

namespace phlox {
namespace {

struct CommandLine {
  std::string listen = "127.0.0.1:4040";
  std::string data = "./data";
  bool open = false;
  bool sync = false;
  LogLevel log_level = LogLevel::kInfo;
};

void add_options(CLI::App& app, CommandLine& options) {
  app.add_option("--listen", options.listen, "Address to listen on, HOST:PORT; port 0: a free one")
      ->capture_default_str();
  app.add_option("--data", options.data, "Directory of the profiles; made if it is not there")
      ->capture_default_str();
  app.add_flag("--open", options.open,
               "Let other machines in: there is no login, whoever reaches the address reads and "
               "writes all profiles");
  app.add_flag("--sync", options.sync,
               "Answer only after the disk has it: survives a loss of power, costs an fsync");
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

Result<> serve(const CommandLine& options) {
  const sigset_t stop_signals = block_stop_signals();
  PHLOX_TRY(const http::ListenAddress listen, http::parse_listen_address(options.listen));
  PHLOX_TRY(http::check_exposure(listen, options.open));
  PHLOX_TRY(const auto store,
            storage::open_rocksdb_store({.directory = options.data, .sync = options.sync}));
  api::Metrics metrics;
  api::Service service{.store = *store, .metrics = metrics};
  http::ServerOptions server_options{.listen = listen, .open = options.open};
  server_options.observe = [&metrics](std::string_view path, int status, Nanoseconds took) {
    metrics.add_request(path, status, took);
  };
  PHLOX_TRY(const auto server,
            http::Server::start(std::move(server_options), api::make_router(service)));
  log(LogLevel::kInfo, "listening on {}", server->url());
  wait_for_stop(stop_signals);
  log(LogLevel::kInfo, "stopping");
  server->stop();
  return {};
}

}  // namespace
}  // namespace phlox

int main(int argc, char** argv) {
  CLI::App app("Keeps profiles and shows them: the server of phlox.", "phlox server");
  phlox::CommandLine options;
  phlox::add_options(app, options);
  CLI11_PARSE(app, argc, argv);
  phlox::set_log_level(options.log_level);
  if (const auto served = phlox::serve(options); !served) {
    phlox::log(phlox::LogLevel::kError, "{}", served.error().message());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
