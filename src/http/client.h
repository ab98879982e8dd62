// Client: HTTP/1.1 requests to one server, one after the other, each waited for.
//
// Keeps its connection open between requests where the server does, and opens a new one when the
// kept one turns out to be closed. Every step has a deadline and every answer a bound; only the
// look-up of a host *name* takes as long as the system's resolver does. No redirects, no TLS.
//
// Requests from one thread at a time; abort() from any. Costs a socket and an epoll descriptor,
// both closed on exec.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "http/base_url.h"

namespace phlox::http {

class Client {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  struct Options {
    Nanoseconds connect_timeout = std::chrono::seconds(5);  // to each address of the host
    std::size_t max_body_bytes = 256u << 20;  // a flame graph of a million nodes stays below
  };

  struct Request {
    std::string method = "GET";
    std::string target = "/";  // path and query, behind the base URL's prefix
    Headers headers = {};
    std::string_view body = {};
    Nanoseconds timeout = std::chrono::seconds(60);  // from the first byte out to the last byte in
  };

  struct Response {
    int status = 0;
    Headers headers;
    std::string body;

    std::string_view header(std::string_view name) const;  // any case; "" if absent
    bool ok() const { return status >= 200 && status < 300; }
  };

  explicit Client(BaseUrl url) : Client(std::move(url), Options()) {}
  Client(BaseUrl url, const Options& options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Any answer of the server is a Response, whatever its status. kInvalid for a method that HTTP
  // does not have, kIo when the server cannot be reached or breaks off, kLimit for an answer over
  // the bound, kGone after abort().
  Result<Response> request(const Request& request);

  // Makes the request that runs now, and every later one, fail at once.
  void abort();

  const BaseUrl& url() const { return url_; }

 private:
  class Connection;
  BaseUrl url_;
  Options options_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace phlox::http
