#include "rpc/server.h"

#include <grpc/support/log.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/gzip.h"
#include "base/log.h"
#include "rpc/lane.h"
#include "rpc/status.h"

namespace phlox::rpc {
namespace {

using grpc::Status;
using grpc::StatusCode;

// /package.Service/Method, unlike the addresses of other protocols.
bool is_method(std::string_view path) {
  const auto slash = path.find('/', 1);
  return path.starts_with('/') && slash != std::string_view::npos &&
         path.find('/', slash + 1) == std::string_view::npos &&
         path.substr(0, slash).find('.') != std::string_view::npos;
}

Result<std::string> bytes_of(const grpc::ByteBuffer& buffer, std::size_t max_unpacked_bytes) {
  std::vector<grpc::Slice> slices;
  if (!buffer.Dump(&slices).ok()) return Error::corrupt("the message could not be read");
  std::string bytes;
  for (const grpc::Slice& slice : slices)
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  // No message begins like gzip: 1f would be a field of wire type 7, which there is not.
  if (!is_gzip(bytes)) return bytes;
  return gunzip(bytes, max_unpacked_bytes).context("gzip");
}

grpc::ByteBuffer buffer_of(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

http::ListenAddress with_any_host(http::ListenAddress address) {
  if (address.host.empty()) address.host = "0.0.0.0";
  return address;
}

std::string text_of(const http::ListenAddress& address, int port) {
  const bool is_v6 = address.host.find(':') != std::string::npos;
  return is_v6 ? fmt::format("[{}]:{}", address.host, port)
               : fmt::format("{}:{}", address.host, port);
}

// Mistakes of clients, which are told so themselves, are errors to the library's log.
void log_for_grpc(gpr_log_func_args* said) { log(LogLevel::kDebug, "gRPC: {}", said->message); }

}  // namespace

// With completion queues, since the library's callbacks abort at times when a server ends (1.51).
class Server::Core {
 public:
  Core(ServerOptions options, http::Router router)
      : options_(std::move(options)),
        router_(std::move(router)),
        load_(options_.load != nullptr ? *options_.load : own_load_),
        ingest_(threads(), options_.limits.max_waiting),
        query_(threads(), options_.limits.max_waiting) {}
  ~Core() { stop(); }

  Result<> start();
  void stop();
  std::string address() const { return text_of(options_.listen, port_); }

 private:
  class Call;

  unsigned threads() const {
    return options_.threads != 0 ? options_.threads
                                 : std::max(1u, std::thread::hardware_concurrency());
  }
  void poll();

  const ServerOptions options_;
  const http::Router router_;
  http::ServerLoad own_load_;  // where nobody else watches
  http::ServerLoad& load_;
  Lane ingest_;
  Lane query_;
  int port_ = 0;
  grpc::AsyncGenericService service_;
  std::unique_ptr<grpc::ServerCompletionQueue> events_;
  std::unique_ptr<grpc::Server> server_;
  std::vector<std::jthread> pollers_;
  std::once_flag stopped_;

  std::mutex mutex_;  // guards the next two
  std::condition_variable no_calls_;
  std::size_t calls_ = 0;  // those begun, and the one that waits for a client
};

// One call, from before there is one: each waits for a client, and begins the next when one comes.
// An operation is done when on_event() is called, by a poller; only one is ever under way.
class Server::Core::Call {
 public:
  explicit Call(Core& core) : core_(core) {
    {
      const std::lock_guard lock(core_.mutex_);
      ++core_.calls_;
    }
    core_.service_.RequestCall(&context_, &stream_, core_.events_.get(), core_.events_.get(), this);
  }
  ~Call() {
    const std::lock_guard lock(core_.mutex_);
    if (--core_.calls_ == 0) core_.no_calls_.notify_all();
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  void on_event(bool ok) {
    switch (std::exchange(state_, State::kFinishing)) {
      case State::kWaiting:
        if (!ok) break;  // the server stops
        new Call(core_);
        return begin();
      case State::kReading:
        if (!ok) return finish(StatusCode::INVALID_ARGUMENT, "a call without a message");
        return read();
      case State::kFinishing:
        break;
    }
    delete this;
  }

 private:
  enum class State { kWaiting, kReading, kFinishing };

  void begin() {
    route_ = is_method(context_.method()) ? core_.router_.find(context_.method()) : nullptr;
    if (route_ == nullptr)
      return finish(StatusCode::UNIMPLEMENTED,
                    "this server has no method " + context_.method().substr(0, kMaxMessageBytes));
    state_ = State::kReading;
    stream_.Read(&message_, this);
  }

  void read() {
    Lane& lane = route_->lane == http::Lane::kIngest ? core_.ingest_ : core_.query_;
    http::LaneLoad& load = core_.load_.of(route_->lane);
    place_.emplace(load);
    if (lane.post([this] { answer(); })) return;
    ++load.refused;
    finish(StatusCode::UNAVAILABLE, "too many calls wait already; try again later");
  }

  void finish(StatusCode code, const std::string& message) {
    stream_.Finish(Status(code, message), this);
  }

  void answer() {
    const SteadyTime begin = Clock::system().steady_now();
    const http::ServerResponse response = response_now();
    if (core_.options_.observe)
      core_.options_.observe(context_.method(), response.status,
                             Clock::system().steady_now() - begin);
    if (response.status != 200) return stream_.Finish(to_status(response), this);
    message_ = buffer_of(response.body);
    // With an algorithm that the client takes, or none.
    if (response.body.size() > kWorthPacking)
      context_.set_compression_level(GRPC_COMPRESS_LEVEL_LOW);
    stream_.WriteAndFinish(message_, grpc::WriteOptions(), Status::OK, this);
  }

  http::ServerResponse response_now() {
    if (context_.deadline() < std::chrono::system_clock::now())
      return http::error_response(504, "deadline_exceeded", "the caller waits no more");
    auto bytes = bytes_of(message_, core_.options_.limits.max_unpacked_bytes);
    message_.Clear();
    if (!bytes)
      return bytes.error().kind() == Error::Kind::kLimit
                 ? http::error_response(413, "resource_exhausted", bytes.error().message())
                 : http::error_response(bytes.error());
    return core_.router_.answer({.method = "POST",
                                 .path = context_.method(),
                                 .query = {},
                                 .headers = {{"Content-Type", "application/proto"}},
                                 .body = *std::move(bytes)});
  }

  static constexpr std::size_t kWorthPacking = 1024;  // less fits one packet anyway

  Core& core_;
  State state_ = State::kWaiting;
  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter stream_{&context_};
  const http::Route* route_ = nullptr;
  std::optional<http::LanePlace> place_;  // from the whole message to the end of the call
  grpc::ByteBuffer message_;
};

void Server::Core::poll() {
  void* call = nullptr;
  bool ok = false;
  while (events_->Next(&call, &ok)) static_cast<Call*>(call)->on_event(ok);
}

Result<> Server::Core::start() {
  gpr_set_log_function(log_for_grpc);
  const http::ListenAddress listen = with_any_host(options_.listen);
  const ServerLimits& limits = options_.limits;
  grpc::ResourceQuota quota("calls");
  quota.Resize(limits.max_memory_bytes);
  grpc::ServerBuilder builder;
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(static_cast<int>(limits.max_message_bytes));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, limits.max_calls_per_connection);
  // The library unpacks without a bound; we do it ourselves, which takes gzip only.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  // Else a second server shares the port in silence, and each gets half of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddListeningPort(text_of(listen, listen.port), grpc::InsecureServerCredentials(), &port_);
  builder.RegisterAsyncGenericService(&service_);
  events_ = builder.AddCompletionQueue();
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || port_ == 0)
    return Error::io(
        "cannot listen for gRPC on {}: the port is taken or the address is not of this machine; "
        "choose another with --grpc-listen HOST:PORT (0 takes a free one)",
        text_of(listen, listen.port));
  new Call(*this);
  for (unsigned i = 0; i < threads(); ++i) pollers_.emplace_back([this] { poll(); });
  return {};
}

void Server::Core::stop() {
  std::call_once(stopped_, [this] {
    if (server_ != nullptr)
      server_->Shutdown(std::chrono::system_clock::now() + options_.limits.stop_timeout);
    if (events_ == nullptr) return;
    {
      // Nothing may be begun on a queue that has ended.
      std::unique_lock lock(mutex_);
      no_calls_.wait(lock, [this] { return calls_ == 0; });
    }
    events_->Shutdown();
    if (pollers_.empty()) poll();  // it must be emptied before it goes
    pollers_.clear();
  });
}

Server::Server(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, http::Router router) {
  PHLOX_TRY(http::check_exposure(options.listen, options.open));
  auto core = std::make_unique<Core>(std::move(options), std::move(router));
  PHLOX_TRY(core->start());
  return std::unique_ptr<Server>(new Server(std::move(core)));
}

std::string Server::address() const { return core_->address(); }
void Server::stop() { core_->stop(); }

}  // namespace phlox::rpc
