// A server of its own for each test, called by gRPC's own client over a socket.
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>
#include <protozero/pbf_reader.hpp>

#include <atomic>
#include <future>
#include <latch>

#include "base/gzip.h"
#include "rpc/lane.h"
#include "rpc/server.h"
#include "rpc/status.h"

namespace phlox::rpc {
namespace {

using grpc::StatusCode;
using http::Lane;
using testing::HasSubstr;
using testing::StartsWith;

constexpr auto kDeadline = std::chrono::seconds(30);
const std::string kEcho = "/test.v1.Test/Echo";

http::Router router() {
  http::Router out;
  out.add("POST", kEcho, Lane::kIngest, [](const http::ServerRequest& request) {
    return http::ServerResponse{.content_type = std::string(request.header("Content-Type")),
                                .body = request.body,
                                .headers = {}};
  });
  out.add("POST", "/test.v1.Test/Fail", Lane::kQuery, [](const http::ServerRequest& request) {
    return http::error_response(400, "invalid_argument", "no " + request.body);
  });
  out.add("POST", "/test.v1.Test/Full", Lane::kIngest, [](const http::ServerRequest&) {
    auto response = http::error_response(507, "resource_exhausted", "the disk is full");
    response.headers.push_back({"Retry-After", "60"});
    return response;
  });
  out.add("POST", "/ingest", Lane::kIngest,
          [](const http::ServerRequest&) { return http::ServerResponse{}; });
  return out;
}

struct Answer {
  grpc::Status status;
  std::string body;
};

class Rpc : public testing::Test {
 protected:
  void start(ServerLimits limits = {}, http::Router routes = router()) {
    auto started =
        Server::start({.listen = {"127.0.0.1", 0}, .threads = 1, .limits = limits, .observe = {}},
                      std::move(routes));
    ASSERT_TRUE(started) << started.error().message();
    server_ = *std::move(started);
    channel_ = grpc::CreateChannel(server_->address(), grpc::InsecureChannelCredentials());
  }

  std::future<Answer> begin(const std::string& method, const std::string& body,
                            grpc_compression_algorithm packing = GRPC_COMPRESS_NONE) {
    return std::async(std::launch::async, [=, channel = channel_] {
      const grpc::Slice slice(body);
      const grpc::ByteBuffer request(&slice, 1);
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + kDeadline);
      context.set_compression_algorithm(packing);
      grpc::CompletionQueue events;
      grpc::GenericStub stub(channel);
      const auto call = stub.PrepareUnaryCall(&context, method, request, &events);
      call->StartCall();
      grpc::ByteBuffer response;
      grpc::Status status;
      call->Finish(&response, &status, nullptr);
      void* tag = nullptr;
      bool ok = false;
      events.Next(&tag, &ok);
      return answer_of(std::move(status), response);
    });
  }
  Answer call(const std::string& method, const std::string& body,
              grpc_compression_algorithm packing = GRPC_COMPRESS_NONE) {
    return begin(method, body, packing).get();
  }

  static Answer answer_of(grpc::Status status, const grpc::ByteBuffer& response) {
    Answer answer{.status = std::move(status), .body = {}};
    std::vector<grpc::Slice> slices;
    if (!answer.status.ok() || !response.Dump(&slices).ok()) return answer;
    for (const auto& slice : slices)
      answer.body.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    return answer;
  }

  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(Rpc, AnswersWhatTheRouterAnswers) {
  start();
  EXPECT_EQ(call(kEcho, "hello").body, "hello");
  EXPECT_TRUE(call(kEcho, "").status.ok());
}

TEST_F(Rpc, GzipComesInAndGoesOut) {
  start();
  const std::string large(100'000, 'x');
  EXPECT_EQ(call(kEcho, large, GRPC_COMPRESS_GZIP).body, large);
}

TEST_F(Rpc, ErrorsKeepTheirCodeAndMessage) {
  start();
  const grpc::Status status = call("/test.v1.Test/Fail", "sense").status;
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "no sense");
  EXPECT_EQ(status.error_details(), "");
}

TEST_F(Rpc, WhatMayBeTriedAgainSaysWhen) {
  start();
  const grpc::Status status = call("/test.v1.Test/Full", "").status;
  EXPECT_EQ(status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  const std::string details = status.error_details();
  protozero::pbf_reader detail(details);
  ASSERT_TRUE(detail.next(3));
  protozero::pbf_reader any = detail.get_message();
  ASSERT_TRUE(any.next(1));
  EXPECT_EQ(any.get_string(), "type.googleapis.com/google.rpc.RetryInfo");
  ASSERT_TRUE(any.next(2));
  protozero::pbf_reader retry_info = any.get_message();
  ASSERT_TRUE(retry_info.next(1));
  protozero::pbf_reader delay = retry_info.get_message();
  ASSERT_TRUE(delay.next(1));
  EXPECT_EQ(delay.get_int64(), 60);
}

TEST_F(Rpc, OnlyMethodsAreReached) {
  start();
  EXPECT_EQ(call("/test.v1.Test/Other", "").status.error_code(), StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(call("/ingest", "").status.error_code(), StatusCode::UNIMPLEMENTED);
}

TEST_F(Rpc, MessagesAreBounded) {
  start({.max_message_bytes = 10'000, .max_unpacked_bytes = 50'000});
  EXPECT_TRUE(call(kEcho, std::string(10'000, 'x')).status.ok());
  EXPECT_EQ(call(kEcho, std::string(10'001, 'x')).status.error_code(),
            StatusCode::RESOURCE_EXHAUSTED);
  const grpc::Status bomb = call(kEcho, std::string(1 << 20, 'x'), GRPC_COMPRESS_GZIP).status;
  EXPECT_EQ(bomb.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(bomb.error_message(), StartsWith("gzip: "));
  EXPECT_TRUE(call(kEcho, std::string(40'000, 'x'), GRPC_COMPRESS_GZIP).status.ok());
}

TEST_F(Rpc, OnlyGzipIsTaken) {
  start();
  EXPECT_EQ(call(kEcho, std::string(1000, 'x'), GRPC_COMPRESS_DEFLATE).status.error_code(),
            StatusCode::UNIMPLEMENTED);
}

TEST_F(Rpc, CallsThatWaitAreBoundedAndLongOnesKeepNoOthersWaiting) {
  std::latch go_on(1);
  std::latch begun(1);
  http::Router routes = router();
  routes.add("POST", "/test.v1.Test/Wait", Lane::kQuery, [&](const http::ServerRequest&) {
    begun.count_down();
    go_on.wait();
    return http::ServerResponse{};
  });
  start({.max_waiting = 1}, std::move(routes));
  auto running = begin("/test.v1.Test/Wait", "");
  begun.wait();
  EXPECT_TRUE(call(kEcho, "x").status.ok());  // another lane
  auto one = begin("/test.v1.Test/Fail", "");
  auto other = begin("/test.v1.Test/Fail", "");
  // One of both waits; the other is told so, while the thread is still held.
  while (one.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready &&
         other.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {
  }
  go_on.count_down();
  EXPECT_TRUE(running.get().status.ok());
  EXPECT_THAT((std::vector{one.get().status.error_code(), other.get().status.error_code()}),
              testing::UnorderedElementsAre(StatusCode::UNAVAILABLE, StatusCode::INVALID_ARGUMENT));
}

TEST_F(Rpc, WhatIsBeingAnsweredEndsBeforeTheServer) {
  std::latch begun(1);
  http::Router routes = router();
  std::atomic<bool> is_stopping = false;
  routes.add("POST", "/test.v1.Test/Wait", Lane::kQuery, [&](const http::ServerRequest&) {
    begun.count_down();
    is_stopping.wait(false);
    return http::ServerResponse{.body = "done", .headers = {}};
  });
  start({}, std::move(routes));
  auto running = begin("/test.v1.Test/Wait", "");
  begun.wait();
  std::jthread stop([&] { server_->stop(); });
  is_stopping = true;
  is_stopping.notify_all();
  const Answer answer = running.get();
  EXPECT_EQ(answer.body, "done") << answer.status.error_message();
}

TEST_F(Rpc, APortIsNotShared) {
  start();
  const auto colon = server_->address().rfind(':');
  const auto port = static_cast<std::uint16_t>(std::stoi(server_->address().substr(colon + 1)));
  const auto second =
      Server::start({.listen = {"127.0.0.1", port}, .limits = {}, .observe = {}}, router());
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message(), HasSubstr("--grpc-listen"));
}

TEST_F(Rpc, OtherMachinesMustBeLetInExplicitly) {
  const auto started =
      Server::start({.listen = {"0.0.0.0", 0}, .limits = {}, .observe = {}}, router());
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind(), Error::Kind::kPermission);
}

TEST(RpcStatus, LongMessagesAreCutBetweenCharacters) {
  std::string message;
  while (message.size() < 2000) message += "\xe2\x82\xac";  // three bytes a character
  const auto status = to_status(http::error_response(400, "invalid_argument", message));
  EXPECT_EQ(status.error_message(), message.substr(0, 1023));
}

TEST(RpcStatus, WhatIsNoErrorOfOursIsInternal) {
  EXPECT_EQ(to_status({.status = 500, .body = "oops", .headers = {}}).error_code(),
            StatusCode::INTERNAL);
  EXPECT_EQ(to_status(http::error_response(500, "ok", "")).error_code(), StatusCode::INTERNAL);
}

TEST(RpcLane, RunsWhatStillWaitsBeforeItEnds) {
  std::atomic<int> ran = 0;
  {
    rpc::Lane lane(1, 10);
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(lane.post([&] { ++ran; }));
  }
  EXPECT_EQ(ran, 10);
}

}  // namespace
}  // namespace phlox::rpc
