#include "http/session.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>

#include "base/cancellation.h"
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

// Of a body.
constexpr std::uint64_t kBytesAtOnce = 64u << 10;

class ShrinkAtEnd {
 public:
  explicit ShrinkAtEnd(beast::flat_buffer& buffer) : buffer_(buffer) {}
  ~ShrinkAtEnd() { buffer_.shrink_to_fit(); }
  ShrinkAtEnd(const ShrinkAtEnd&) = delete;
  ShrinkAtEnd& operator=(const ShrinkAtEnd&) = delete;

 private:
  beast::flat_buffer& buffer_;
};

ServerRequest to_request(beast::http::request<string_body> message) {
  ServerRequest request;
  request.method = message.method_string();
  for (const auto& field : message)
    request.headers.push_back({std::string(field.name_string()), std::string(field.value())});
  request.body = std::move(message.body());
  return request;
}

ServerResponse busy(const std::string& message) {
  ServerResponse response = error_response(503, "unavailable", message);
  response.headers.push_back({"Retry-After", "1"});
  return response;
}

// Of a body for which there is no room beside those of other requests.
constexpr auto kTooManyBodies = beast::http::error::buffer_overflow;

ServerResponse refusal(const beast::error_code& error, const ServerLimits& limits) {
  if (error == kTooManyBodies)
    return busy(fmt::format("the bodies of requests take {} bytes already; try again in a second",
                            limits.max_bodies_bytes));
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

// 499 is nginx's for a client that closed its request; nobody reads this answer.
ServerResponse nobody_waits() { return error_response(499, "canceled", "the client went away"); }

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
    BodyShare share(lanes_.load,
                    std::max(options_.limits.max_bodies_bytes, options_.limits.max_body_bytes));
    std::optional<ServerRequest> request = co_await read_request(share);
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

awaitable<std::optional<ServerRequest>> ServerConnection::read_request(BodyShare& share) {
  if (finishing_) co_return std::nullopt;
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(options_.limits.max_header_bytes));
  parser.body_limit(options_.limits.max_body_bytes);
  stream_.expires_after(in_ms(options_.limits.idle_timeout));
  waiting_ = true;
  auto [error, size] =
      co_await beast::http::async_read_header(stream_, buffer_, parser, kReturnError);
  waiting_ = false;
  if (!error) error = co_await read_body(parser, share);
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

awaitable<beast::error_code> ServerConnection::read_body(Parser& parser, BodyShare& share) {
  stream_.expires_after(in_ms(options_.limits.io_timeout));
  if (beast::iequals(parser.get()[beast::http::field::expect], "100-continue")) {
    beast::http::response<beast::http::empty_body> go_on(beast::http::status::continue_, 11);
    auto [error, size] = co_await beast::http::async_write(stream_, go_on, kReturnError);
    if (error) co_return error;
  }
  // Beast reads as much at once as there is room for, and begins with 512 bytes. Not kept while the
  // connection waits for its next request.
  const ShrinkAtEnd shrink(buffer_);
  buffer_.reserve(std::min<std::uint64_t>(parser.content_length_remaining().value_or(kBytesAtOnce),
                                          kBytesAtOnce));
  while (!parser.is_done()) {
    auto [error, size] =
        co_await beast::http::async_read_some(stream_, buffer_, parser, kReturnError);
    if (error) co_return error;
    if (!share.grow_to(parser.get().body().size())) co_return beast::error_code(kTooManyBodies);
  }
  co_return beast::error_code();
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
  const Lane lane = route != nullptr ? route->lane : kFallbackLane;
  LaneLoad& load = lanes_.load.of(lane);
  const LanePlace place(load);
  if (place.number() > options_.limits.max_waiting) {
    ++load.refused;
    co_return busy(fmt::format("{} requests are being answered already; try again in a second",
                               options_.limits.max_waiting));
  }
  stream_.expires_never();
  std::stop_source gone;
  if (lane == Lane::kQuery) watch_client(gone);
  ServerResponse response = co_await asio::co_spawn(
      lanes_.of(lane),
      [&]() -> awaitable<ServerResponse> {
        const CancellationScope scope(gone.get_token());
        co_return is_cancelled() ? nobody_waits() : answer_now(request);
      },
      asio::use_awaitable);
  beast::error_code ignored;
  stream_.socket().cancel(ignored);  // the watch
  if (!gone.stop_requested()) co_return response;
  ++lanes_.load.cancelled;
  co_return nobody_waits();
}

void ServerConnection::watch_client(std::stop_source gone) {
  stream_.socket().async_wait(
      asio::ip::tcp::socket::wait_read,
      [self = shared_from_this(), gone = std::move(gone)](const beast::error_code& error) mutable {
        if (error || !self->stream_.socket().is_open()) return;
        char next = 0;
        const auto size =
            ::recv(self->stream_.socket().native_handle(), &next, 1, MSG_PEEK | MSG_DONTWAIT);
        const bool is_there = size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR));
        if (!is_there) gone.request_stop();
      });
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
