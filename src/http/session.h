// One connection of the server: requests one after the other until it is closed. Private to
// server.cc and session.cc, which alone see Beast.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <memory>
#include <optional>
#include <stop_token>

#include "http/origin_check.h"
#include "http/server.h"

namespace phlox::http {

// Errors come as values, not as exceptions.
inline constexpr auto kReturnError = boost::asio::as_tuple(boost::asio::use_awaitable);

// The threads on which handlers run.
struct Lanes {
  Lanes(unsigned threads, ServerLoad& server_load)
      : load(server_load), ingest(threads), query(threads), operation(1) {}
  boost::asio::thread_pool& of(Lane lane) {
    return lane == Lane::kIngest ? ingest : lane == Lane::kQuery ? query : operation;
  }
  void join() {
    ingest.join();
    query.join();
    operation.join();
  }

  ServerLoad& load;
  boost::asio::thread_pool ingest;
  boost::asio::thread_pool query;
  boost::asio::thread_pool operation;
};

// All but finish() runs on the socket's strand. Options, router and lanes outlive it.
class ServerConnection : public std::enable_shared_from_this<ServerConnection> {
 public:
  ServerConnection(boost::asio::ip::tcp::socket socket, const ServerOptions& options,
                   const Router& router, Lanes& lanes);

  boost::asio::awaitable<void> run();
  // Ends the connection as soon as no request is being answered. Any thread.
  void finish();

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  // Nothing when the connection is over.
  boost::asio::awaitable<std::optional<ServerRequest>> read_request(BodyShare& share);
  boost::asio::awaitable<boost::beast::error_code> read_body(Parser& parser, BodyShare& share);
  boost::asio::awaitable<ServerResponse> answer(ServerRequest& request);
  ServerResponse answer_now(ServerRequest& request) const;
  // Asks to stop when the client closes the connection. One look: a client that sends its next
  // request meanwhile is still there, and no longer watched.
  void watch_client(std::stop_source gone);
  boost::asio::awaitable<bool> write(const ServerRequest& request, ServerResponse response);
  // Answers a request that could not be read, and closes.
  boost::asio::awaitable<void> refuse(const boost::beast::error_code& error);

  boost::beast::tcp_stream stream_;
  boost::beast::flat_buffer buffer_;
  const ServerOptions& options_;
  const OriginPolicy origin_policy_;
  const Router& router_;
  Lanes& lanes_;
  bool keep_alive_ = false;
  bool waiting_ = false;  // for the next request
  bool finishing_ = false;
};

}  // namespace phlox::http
