#include "http/session.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include "http/compression.h"

namespace phlox::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::awaitable;
using beast::http::string_body;

namespace {

// What a refused client may still send while it has not seen our answer.
constexpr std::size_t kMaxDrainedBytes = 128u << 20;
constexpr std::chrono::seconds kDrainTime{2};

std::chrono::milliseconds in_ms(Nanoseconds time) {
  return std::chrono::ceil<std::chrono::milliseconds>(time);
}

ServerRequest to_request(beast::http::request<string_body> message) {
  ServerRequest request;
  request.method = message.method_string();
  for (const auto& field : message)
    request.headers.push_back({std::string(field.name_string()), std::string(field.value())});
  request.body = std::move(message.body());
  return request;
}

ServerResponse refusal(const beast::error_code& error, const ServerLimits& limits) {
  if (error == beast::http::error::body_limit)
    return error_response(413, "resource_exhausted",
                          fmt::format("the body is larger than {} bytes", limits.max_body_bytes));
  if (error == beast::http::error::header_limit)
    return error_response(
        431, "resource_exhausted",
        fmt::format("the headers are larger than {} bytes", limits.max_header_bytes));
  return error_response(400, "invalid_argument",
                        fmt::format("not an HTTP request: {}", error.message()));
}

// A place among those that wait for a lane, given back at the end of its scope.
class Place {
 public:
  explicit Place(std::atomic<std::size_t>& waiting) : waiting_(waiting), number_(++waiting) {}
  ~Place() { --waiting_; }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  std::size_t number() const { return number_; }  // from 1

 private:
  std::atomic<std::size_t>& waiting_;
  const std::size_t number_;
};

ServerResponse busy(std::size_t waiting) {
  ServerResponse response = error_response(
      503, "unavailable",
      fmt::format("{} requests are being answered already; try again in a second", waiting));
  response.headers.push_back({"Retry-After", "1"});
  return response;
}

beast::http::response<string_body> to_message(const ServerRequest& request, ServerResponse response,
                                              bool keep_alive) {
  beast::http::response<string_body> message(static_cast<beast::http::status>(response.status), 11);
  message.set(beast::http::field::server, "phlox");
  if (!response.content_type.empty())
    message.set(beast::http::field::content_type, response.content_type);
  message.set("X-Content-Type-Options", "nosniff");
  for (const HeaderField& header : response.headers) message.insert(header.name, header.value);
  message.keep_alive(keep_alive);
  message.content_length(response.body.size());
  if (request.method != "HEAD") message.body() = std::move(response.body);
  return message;
}

}  // namespace

ServerConnection::ServerConnection(asio::ip::tcp::socket socket, const ServerOptions& options,
                                   const Router& router, Lanes& lanes)
    : stream_(std::move(socket)),
      options_(options),
      origin_policy_{.listen_host = options.listen.host, .any_host = options.open},
      router_(router),
      lanes_(lanes) {
  beast::error_code ignored;
  stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
}

void ServerConnection::finish() {
  asio::post(stream_.get_executor(), [self = shared_from_this()] {
    self->finishing_ = true;
    if (self->waiting_) self->stream_.close();
  });
}

awaitable<void> ServerConnection::run() {
  while (true) {
    std::optional<ServerRequest> request = co_await read_request();
    if (!request) break;
    const SteadyTime begin = Clock::system().steady_now();
    ServerResponse response = co_await answer(*request);
    if (options_.observe)
      options_.observe(router_.find(request->path) != nullptr ? request->path : "other",
                       response.status, Clock::system().steady_now() - begin);
    const bool written = co_await write(*request, std::move(response));
    if (!written || !keep_alive_) break;
  }
  beast::error_code ignored;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

awaitable<std::optional<ServerRequest>> ServerConnection::read_request() {
  if (finishing_) co_return std::nullopt;
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(options_.limits.max_header_bytes));
  parser.body_limit(options_.limits.max_body_bytes);
  stream_.expires_after(in_ms(options_.limits.idle_timeout));
  waiting_ = true;
  auto [error, size] =
      co_await beast::http::async_read_header(stream_, buffer_, parser, kReturnError);
  waiting_ = false;
  if (!error) error = co_await read_body(parser);
  if (error) {
    if (error.category() == make_error_code(beast::http::error::body_limit).category() &&
        error != beast::http::error::end_of_stream && error != beast::http::error::partial_message)
      co_await refuse(error);
    co_return std::nullopt;
  }
  keep_alive_ = parser.get().keep_alive();
  const std::string target(parser.get().target());
  ServerRequest request = to_request(parser.release());
  // A broken escape names no address of ours.
  if (!parse_target(target, request)) request.path = "/%";
  co_return request;
}

awaitable<beast::error_code> ServerConnection::read_body(Parser& parser) {
  stream_.expires_after(in_ms(options_.limits.io_timeout));
  if (beast::iequals(parser.get()[beast::http::field::expect], "100-continue")) {
    beast::http::response<beast::http::empty_body> go_on(beast::http::status::continue_, 11);
    auto [error, size] = co_await beast::http::async_write(stream_, go_on, kReturnError);
    if (error) co_return error;
  }
  auto [error, size] = co_await beast::http::async_read(stream_, buffer_, parser, kReturnError);
  co_return error;
}

awaitable<void> ServerConnection::refuse(const beast::error_code& error) {
  ServerResponse response = refusal(error, options_.limits);
  if (options_.observe) options_.observe("other", response.status, Nanoseconds::zero());
  keep_alive_ = false;
  const ServerRequest unread;
  if (!co_await write(unread, std::move(response))) co_return;
  // Closing with unread bytes would reset the connection before the client reads the answer.
  beast::error_code ignored;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  stream_.expires_after(kDrainTime);
  std::array<char, 16384> scratch;
  for (std::size_t drained = 0; drained < kMaxDrainedBytes;) {
    auto [read_error, size] = co_await stream_.async_read_some(asio::buffer(scratch), kReturnError);
    if (read_error) break;
    drained += size;
  }
}

awaitable<ServerResponse> ServerConnection::answer(ServerRequest& request) {
  const Route* route = router_.find(request.path);
  const bool is_ingest = route != nullptr && route->lane == Lane::kIngest;
  auto& lane = is_ingest ? lanes_.ingest : lanes_.query;
  const Place place(is_ingest ? lanes_.ingest_waiting : lanes_.query_waiting);
  if (place.number() > options_.limits.max_waiting) co_return busy(options_.limits.max_waiting);
  stream_.expires_never();
  co_return co_await asio::co_spawn(
      lane, [&]() -> awaitable<ServerResponse> { co_return answer_now(request); },
      asio::use_awaitable);
}

ServerResponse ServerConnection::answer_now(ServerRequest& request) const {
  if (const auto allowed = check_origin(request, origin_policy_); !allowed)
    return error_response(allowed.error());
  if (const auto unpacked = unpack_body(request, options_.limits.max_unpacked_bytes); !unpacked) {
    return unpacked.error().kind() == Error::Kind::kLimit
               ? error_response(413, "resource_exhausted", unpacked.error().message())
               : error_response(unpacked.error());
  }
  ServerResponse response = router_.answer(request);
  pack_body(request, response);
  return response;
}

awaitable<bool> ServerConnection::write(const ServerRequest& request, ServerResponse response) {
  keep_alive_ = keep_alive_ && !finishing_;
  auto message = to_message(request, std::move(response), keep_alive_);
  stream_.expires_after(in_ms(options_.limits.io_timeout));
  auto [error, size] = co_await beast::http::async_write(stream_, message, kReturnError);
  co_return !error;
}

}  // namespace phlox::http
