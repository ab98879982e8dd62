// Server: an HTTP/1.1 server with its own threads. Reads a whole request within limits, applies the
// policies (Host and Origin, gzip), lets the router answer on the lane's threads, writes the
// answer. Connections are kept alive.
//
// start() returns once the port is bound. stop(), or the destructor, takes no new connections, lets
// what is being answered finish and ends the threads. Any thread may call any member.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "http/listen_address.h"
#include "http/router.h"
#include "http/server_load.h"

namespace phlox::http {

struct ServerLimits {
  std::size_t max_header_bytes = 64u << 10;
  std::size_t max_body_bytes = 32u << 20;
  std::size_t max_unpacked_bytes = 64u << 20;
  std::size_t max_connections = 1000;
  // Requests of a lane that are being answered or wait for it, with their bodies in memory. One
  // more is answered 503 with Retry-After at once.
  std::size_t max_waiting = 256;
  // Bodies of all requests together, as they came; at least max_body_bytes. Who passes it is
  // answered 503 with Retry-After.
  std::size_t max_bodies_bytes = 96u << 20;
  Nanoseconds idle_timeout = std::chrono::seconds(75);  // waiting for a request
  Nanoseconds io_timeout = std::chrono::seconds(30);    // a request or answer on its way
  Nanoseconds stop_timeout = std::chrono::seconds(10);  // for what is being answered at stop()
};

struct ServerOptions {
  ListenAddress listen;
  bool open = false;
  unsigned threads = 0;  // a lane; 0: as many as there are cores
  ServerLimits limits;
  // Told of every answer: the route's path ("other" if there is none), status, time from the whole
  // request to the answer. Called by any thread.
  std::function<void(std::string_view path, int status, Nanoseconds took)> observe;
  ServerLoad* load = nullptr;  // where to count what is in hand; must outlive the server
};

class Server {
 public:
  // kPermission for an address that needs --open; kIo for a port that is taken, with what to do.
  static Result<std::unique_ptr<Server>> start(ServerOptions options, Router router);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;
  std::string url() const;  // http://127.0.0.1:4040
  void stop();

 private:
  class Core;
  explicit Server(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace phlox::http
