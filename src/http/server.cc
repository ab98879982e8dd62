#include "http/server.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "base/log.h"
#include "http/session.h"

namespace phlox::http {

namespace asio = boost::asio;
using asio::ip::tcp;

class Server::Core {
 public:
  Core(ServerOptions options, Router router)
      : options_(std::move(options)),
        router_(std::move(router)),
        threads_(options_.threads != 0 ? options_.threads
                                       : std::max(1u, std::thread::hardware_concurrency())),
        lanes_(threads_, options_.load != nullptr ? *options_.load : own_load_) {}
  ~Core() { stop(); }

  Result<> start();
  void stop();
  std::uint16_t port() const { return port_; }
  std::string url() const;

 private:
  Result<tcp::endpoint> resolve();
  asio::awaitable<void> accept_forever();
  asio::awaitable<void> serve(tcp::socket socket);

  const ServerOptions options_;
  const Router router_;
  const unsigned threads_;
  ServerLoad own_load_;  // where nobody else watches
  asio::io_context io_;
  Lanes lanes_;
  tcp::acceptor acceptor_{io_};
  std::uint16_t port_ = 0;
  std::vector<std::jthread> io_threads_;

  std::mutex mutex_;  // guards the rest
  std::condition_variable all_gone_;
  std::set<std::shared_ptr<ServerConnection>> connections_;
  bool stopping_ = false;
};

Result<tcp::endpoint> Server::Core::resolve() {
  const auto& [host, port] = options_.listen;
  if (host.empty()) return tcp::endpoint(tcp::v4(), port);
  boost::system::error_code error;
  tcp::resolver resolver(io_);
  const auto found = resolver.resolve(host, std::to_string(port), error);
  if (error || found.empty())
    return Error::not_found("listen address '{}': {}; give an address of this machine", host,
                            error.message());
  return found.begin()->endpoint();
}

Result<> Server::Core::start() {
  PHLOX_TRY(const tcp::endpoint endpoint, resolve());
  boost::system::error_code error;
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error == asio::error::address_in_use)
    return Error::io(
        "port {} is taken; stop what listens there, or choose another with --listen {}:PORT (0 "
        "takes a free one)",
        endpoint.port(), options_.listen.host);
  if (error)
    return Error::io("cannot listen on {}:{}: {}", options_.listen.host, endpoint.port(),
                     error.message());
  port_ = acceptor_.local_endpoint().port();
  asio::co_spawn(io_, accept_forever(), asio::detached);
  for (unsigned i = 0; i < threads_; ++i) io_threads_.emplace_back([this] { io_.run(); });
  return {};
}

asio::awaitable<void> Server::Core::accept_forever() {
  while (true) {
    // A strand, since finish() comes to a connection from outside.
    auto [error, accepted] = co_await acceptor_.async_accept(asio::make_strand(io_), kReturnError);
    tcp::socket socket(std::move(accepted));
    if (error == asio::error::operation_aborted || !acceptor_.is_open()) co_return;
    if (!error) {
      const auto strand = socket.get_executor();
      asio::co_spawn(strand, serve(std::move(socket)), asio::detached);
      continue;
    }
    // Out of descriptors, most likely: wait for some to come free instead of spinning.
    log(LogLevel::kWarning, "accept a connection: {}", error.message());
    asio::steady_timer pause(io_, std::chrono::milliseconds(100));
    co_await pause.async_wait(kReturnError);
  }
}

asio::awaitable<void> Server::Core::serve(tcp::socket socket) {
  const auto connection =
      std::make_shared<ServerConnection>(std::move(socket), options_, router_, lanes_);
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || connections_.size() >= options_.limits.max_connections) co_return;
    connections_.insert(connection);
  }
  try {
    co_await connection->run();
  } catch (const std::exception& e) {  // out of memory, most likely: one connection less
    log(LogLevel::kError, "a connection: {}", e.what());
  }
  const std::lock_guard lock(mutex_);
  connections_.erase(connection);
  if (connections_.empty()) all_gone_.notify_all();
}

void Server::Core::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
  }
  asio::post(io_, [this] { acceptor_.close(); });
  {
    std::unique_lock lock(mutex_);
    for (const auto& connection : connections_) connection->finish();
    all_gone_.wait_for(lock, options_.limits.stop_timeout, [this] { return connections_.empty(); });
  }
  io_.stop();
  io_threads_.clear();
  lanes_.join();
}

std::string Server::Core::url() const {
  const std::string& host = options_.listen.host;
  if (host.empty()) return fmt::format("http://0.0.0.0:{}", port_);
  const bool is_v6 = host.find(':') != std::string::npos;
  return fmt::format("http://{}{}{}:{}", is_v6 ? "[" : "", host, is_v6 ? "]" : "", port_);
}

Server::Server(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, Router router) {
  PHLOX_TRY(check_exposure(options.listen, options.open));
  auto core = std::make_unique<Core>(std::move(options), std::move(router));
  PHLOX_TRY(core->start());
  return std::unique_ptr<Server>(new Server(std::move(core)));
}

std::uint16_t Server::port() const { return core_->port(); }
std::string Server::url() const { return core_->url(); }
void Server::stop() { core_->stop(); }

}  // namespace phlox::http
