// Server: the router's calls over gRPC, for clients that speak nothing else.
//
// A gRPC call of /package.Service/Method is, but for its frame, the Connect call of that address:
// POST, protobuf. So it is handed to the router as one, and its answer or error is put into gRPC's
// frame again. There is no second handler of anything, and no generated service. Addresses of
// another shape, /ingest, cannot be reached; what the router does not have is UNIMPLEMENTED.
//
// No browser can send HTTP/2 without TLS, so a page from elsewhere cannot reach this port, whatever
// its Host and Origin: unlike http::Server's, nothing of a request is checked for it.
//
// start() returns once the port is bound. stop(), or the destructor, takes no new calls, lets what
// is being answered finish within a time and ends the threads. Any thread may call any member.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "http/listen_address.h"
#include "http/router.h"
#include "http/server_load.h"

namespace phlox::rpc {

struct ServerLimits {
  std::size_t max_message_bytes = 32u << 20;  // as it comes over the wire
  std::size_t max_unpacked_bytes = 64u << 20;
  std::size_t max_memory_bytes = 512u << 20;  // of what all connections have on their way
  int max_calls_per_connection = 100;
  std::size_t max_waiting = 256;  // a lane; calls beyond are UNAVAILABLE
  Nanoseconds stop_timeout = std::chrono::seconds(10);
};

struct ServerOptions {
  http::ListenAddress listen;
  bool open = false;
  unsigned threads = 0;  // a lane; 0: as many as there are cores
  ServerLimits limits;
  // Told of every call that the router answers, as http::ServerOptions::observe. Any thread.
  std::function<void(std::string_view path, int status, Nanoseconds took)> observe;
  http::ServerLoad* load = nullptr;  // as http::ServerOptions::load
};

class Server {
 public:
  // kPermission for an address that needs --open; kIo for a port that is taken, with what to do.
  static Result<std::unique_ptr<Server>> start(ServerOptions options, http::Router router);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::string address() const;  // 127.0.0.1:4317
  void stop();

 private:
  class Core;
  explicit Server(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace phlox::rpc
