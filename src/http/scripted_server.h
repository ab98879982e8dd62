// ScriptedServer: a real HTTP server on a loopback port, for tests: hands each request to a
// function and sends what that returns. Plain blocking sockets and one thread, so that tests of the
// client do not test Beast against itself.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "base/check.h"
#include "base/unique_fd.h"

namespace phlox::http {

class ScriptedServer {
 public:
  struct Request {
    std::string head;  // request line and headers, each ending in \r\n
    std::string body;
    int connection = 0;  // number of the connection it came on, from 0
  };
  // Returns the bytes to send, status line and all; "" closes the connection without an answer.
  // Called on the server's thread.
  using Handler = std::function<std::string(const Request&)>;

  // Port 0: any free one. Another: that one again, for a server that was away.
  explicit ScriptedServer(Handler handler, std::uint16_t port = 0) : handler_(std::move(handler)) {
    listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int yes = 1;
    PHLOX_CHECK(::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    PHLOX_CHECK(::bind(listener_.get(), generic, size) == 0);
    PHLOX_CHECK(::listen(listener_.get(), 8) == 0);
    PHLOX_CHECK(::getsockname(listener_.get(), generic, &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
  }

  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  static std::string answer(std::string_view status, std::string_view body = "",
                            std::string_view headers = "") {
    return "HTTP/1.1 " + std::string(status) + "\r\n" + std::string(headers) +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
  }

 private:
  // False once the server is to stop.
  static bool wait_readable(int fd, const std::stop_token& stop) {
    pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
    while (!stop.stop_requested())
      if (::poll(&waiting, 1, 10) > 0) return true;
    return false;
  }

  void serve(const std::stop_token& stop) {
    for (int number = 0; wait_readable(listener_.get(), stop); ++number) {
      const UniqueFd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (connection) serve_connection(connection.get(), number, stop);
    }
  }

  void serve_connection(int fd, int number, const std::stop_token& stop) {
    std::string received;
    while (true) {
      const auto head_end = received.find("\r\n\r\n");
      const std::size_t body_size =
          head_end == std::string::npos ? 0 : content_length(received.substr(0, head_end));
      if (head_end != std::string::npos && received.size() >= head_end + 4 + body_size) {
        const std::string reply = handler_({.head = received.substr(0, head_end + 2),
                                            .body = received.substr(head_end + 4, body_size),
                                            .connection = number});
        if (reply.empty()) return;
        if (::send(fd, reply.data(), reply.size(), MSG_NOSIGNAL) < 0) return;
        if (reply.find("Connection: close") != std::string::npos) return;
        received.erase(0, head_end + 4 + body_size);
        continue;
      }
      if (!wait_readable(fd, stop)) return;
      char buffer[65536];
      const auto size = ::recv(fd, buffer, sizeof buffer, 0);
      if (size <= 0) return;
      received.append(buffer, static_cast<std::size_t>(size));
    }
  }

  static std::size_t content_length(const std::string& head) {
    const auto at = head.find("Content-Length: ");
    return at == std::string::npos ? 0 : std::strtoul(head.c_str() + at + 16, nullptr, 10);
  }

  Handler handler_;
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::jthread thread_;  // last: ends before what it uses goes
};

}  // namespace phlox::http
