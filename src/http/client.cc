#include "http/client.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

namespace phlox::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;
using Message = beast::http::request<beast::http::span_body<const char>>;
using Parser = beast::http::response_parser<beast::http::string_body>;

constexpr std::size_t kBytesAtOnce = 64u << 10;

double seconds_of(Nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }

Result<Message> message_for(const Client::Request& request, const BaseUrl& url) {
  const auto verb = beast::http::string_to_verb(request.method);
  if (verb == beast::http::verb::unknown)
    return Error::invalid("'{}' is not a method of HTTP", request.method);
  Message message(verb, url.prefix + request.target, 11);
  message.set(beast::http::field::host, url.host_and_port());
  message.set(beast::http::field::user_agent, "phlox");
  for (const auto& [name, value] : request.headers) message.insert(name, value);
  message.body() = {request.body.data(), request.body.size()};
  message.prepare_payload();
  return message;
}

Client::Response response_from(Parser& parser) {
  auto& message = parser.get();
  Client::Response response;
  response.status = static_cast<int>(message.result_int());
  for (const auto& field : message)
    response.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  response.body = std::move(message.body());
  return response;
}

}  // namespace

// The socket and the loop that drives it. Each step starts one asynchronous operation and runs the
// loop until that is done: it is how Beast bounds an operation in time.
class Client::Connection {
 public:
  Result<> open(const BaseUrl& url, Nanoseconds timeout) {
    error_code error;
    tcp::resolver resolver(context_);
    const auto endpoints = resolver.resolve(url.host, url.port, error);
    if (error)
      return Error::not_found("cannot reach {}: host '{}' is not known: {}", url.to_string(),
                              url.host, error.message());
    for (const auto& entry : endpoints) {
      error = open_socket(entry.endpoint());
      if (error) continue;  // a system without IPv6
      stream_.expires_after(timeout);
      error = run([&](auto done) { stream_.async_connect(entry.endpoint(), done); });
      if (!error) return {};
      if (aborted_) break;
    }
    return unreachable(url, error, timeout);
  }

  error_code write(const Message& message) {
    return run([&](auto done) { beast::http::async_write(stream_, message, done); });
  }
  error_code read(Parser& parser) {
    buffer_.reserve(kBytesAtOnce);  // Beast reads as much at once as there is room for
    return run([&](auto done) { beast::http::async_read(stream_, buffer_, parser, done); });
  }

  void set_deadline(std::chrono::steady_clock::time_point deadline) {
    stream_.expires_at(deadline);
  }
  bool is_open() { return stream_.socket().is_open(); }
  void close() {
    stream_.close();
    buffer_.clear();
  }

  void abort() {
    aborted_ = true;
    asio::post(context_, [this] { stream_.close(); });
  }
  bool aborted() const { return aborted_; }

  // Why there is no connection.
  Error unreachable(const BaseUrl& url, error_code error, Nanoseconds timeout) {
    close();
    if (aborted_) return given_up(url);
    const std::string reason = error == beast::error::timeout
                                   ? fmt::format("no answer within {:g} s", seconds_of(timeout))
                                   : lower_case(error.message());
    return Error::io("cannot reach {}: {}; is `phlox server` running?", url.to_string(), reason);
  }
  // Why there is a connection but no answer.
  Error lost(const BaseUrl& url, error_code error, Nanoseconds timeout) {
    close();
    if (aborted_) return given_up(url);
    if (error == beast::error::timeout)
      return Error::io("no answer within {:g} s from {}", seconds_of(timeout), url.to_string());
    return Error::io("lost {} before its answer was complete: {}", url.to_string(),
                     lower_case(error.message()));
  }

 private:
  // By hand, because Asio does not set SOCK_CLOEXEC and a program started later must not inherit
  // our sockets.
  error_code open_socket(const tcp::endpoint& endpoint) {
    close();
    const int fd = ::socket(endpoint.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
    if (fd < 0) return {errno, boost::system::system_category()};
    error_code error;
    stream_.socket().assign(endpoint.protocol(), fd, error);
    if (error) ::close(fd);
    return error;
  }

  template <class Start>
  error_code run(Start start) {
    error_code result = asio::error::operation_aborted;
    if (aborted_) return result;
    start([&result](error_code error, auto&&...) { result = error; });
    context_.restart();
    context_.run();
    return result;
  }

  static Error given_up(const BaseUrl& url) {
    return Error::gone("request to {} given up", url.to_string());
  }

  static std::string lower_case(std::string text) {
    if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z')
      text[0] = static_cast<char>(text[0] - 'A' + 'a');
    return text;
  }

  std::atomic<bool> aborted_ = false;
  asio::io_context context_{1};
  beast::tcp_stream stream_{context_};
  beast::flat_buffer buffer_;
};

std::string_view Client::Response::header(std::string_view name) const {
  const auto at = std::ranges::find_if(headers, [&](const auto& header) {
    return beast::iequals({header.first.data(), header.first.size()}, {name.data(), name.size()});
  });
  return at == headers.end() ? std::string_view() : std::string_view(at->second);
}

Client::Client(BaseUrl url, const Options& options)
    : url_(std::move(url)), options_(options), connection_(std::make_unique<Connection>()) {}

Client::~Client() = default;

void Client::abort() { connection_->abort(); }

Result<Client::Response> Client::request(const Request& request) {
  PHLOX_TRY(const Message message, message_for(request, url_));
  // A kept connection may have been closed by the server meanwhile, which shows only in use: then
  // once more on a new one.
  for (bool kept = connection_->is_open();; kept = false) {
    if (!kept) PHLOX_TRY(connection_->open(url_, options_.connect_timeout));
    connection_->set_deadline(std::chrono::steady_clock::now() + request.timeout);
    Parser parser;
    parser.body_limit(options_.max_body_bytes);
    error_code error = connection_->write(message);
    if (!error) error = connection_->read(parser);
    if (!error) {
      if (!parser.get().keep_alive()) connection_->close();
      return response_from(parser);
    }
    connection_->close();
    if (error == beast::http::error::body_limit || error == beast::http::error::header_limit)
      return Error::limit("{}: the answer is larger than {} bytes; ask for less", url_.to_string(),
                          options_.max_body_bytes);
    const bool stale = kept && !parser.got_some() && error != beast::error::timeout;
    if (!stale || connection_->aborted()) return connection_->lost(url_, error, request.timeout);
  }
}

}  // namespace phlox::http
