#include "http/client.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "http/scripted_server.h"

namespace phlox::http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

BaseUrl url_of(const std::string& text) {
  auto url = BaseUrl::parse(text);
  EXPECT_TRUE(url) << url.error().message();
  return url.value_or(BaseUrl());
}

TEST(BaseUrl, SplitsHostPortAndPrefix) {
  const BaseUrl plain = url_of("http://127.0.0.1:4040");
  EXPECT_EQ(plain.host, "127.0.0.1");
  EXPECT_EQ(plain.port, "4040");
  EXPECT_EQ(plain.prefix, "");
  EXPECT_EQ(url_of("http://localhost").port, "80");
  const BaseUrl ipv6 = url_of("http://[::1]:4040/phlox/");
  EXPECT_EQ(ipv6.host, "::1");
  EXPECT_EQ(ipv6.prefix, "/phlox");
  EXPECT_EQ(ipv6.to_string(), "http://[::1]:4040/phlox");
}

TEST(BaseUrl, SaysWhatIsWrong) {
  const auto message = [](std::string_view text) {
    const auto url = BaseUrl::parse(text);
    EXPECT_FALSE(url) << text;
    return url ? std::string() : url.error().message();
  };
  EXPECT_THAT(message("https://example.com"), HasSubstr("https is not spoken"));
  EXPECT_THAT(message("127.0.0.1:4040"), HasSubstr("such as http://127.0.0.1:4040"));
  EXPECT_THAT(message("http://a:0"), HasSubstr("not a port"));
  EXPECT_THAT(message("http://a:70000"), HasSubstr("not a port"));
  EXPECT_THAT(message("http://a:40x"), HasSubstr("not a port"));
  EXPECT_THAT(message("http://:4040"), HasSubstr("no host"));
  EXPECT_THAT(message("http://[::1"), HasSubstr("]"));
  EXPECT_THAT(message("http://me@host"), HasSubstr("only host, port and path"));
  EXPECT_THAT(message("http://host/?a=b"), HasSubstr("only host, port and path"));
  EXPECT_THAT(message("http://host/\r\nX: y"), HasSubstr("blanks"));
}

TEST(Target, EncodesParametersAndLeavesOutEmptyOnes) {
  const QueryParameter parameters[] = {{"selector", "{a=\"b c\"}"}, {"from", ""}, {"until", "now"}};
  EXPECT_EQ(target_of("/x", parameters), "/x?selector=%7Ba%3D%22b%20c%22%7D&until=now");
}

TEST(Client, SendsMethodHeadersAndBodyAndReturnsTheAnswer) {
  ScriptedServer::Request seen;
  ScriptedServer server([&](const auto& request) {
    seen = request;
    return ScriptedServer::answer("404 Not Found", "no such thing", "Retry-After: 7\r\n");
  });
  Client client(url_of(server.url() + "/base"));
  const auto response = client.request({.method = "POST",
                                        .target = "/push?x=1",
                                        .headers = {{"Content-Type", "application/proto"}},
                                        .body = "hello"});
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(response->body, "no such thing");
  EXPECT_EQ(response->header("retry-after"), "7");
  EXPECT_THAT(seen.head, StartsWith("POST /base/push?x=1 HTTP/1.1\r\n"));
  EXPECT_THAT(seen.head, HasSubstr("Content-Type: application/proto\r\n"));
  EXPECT_THAT(seen.head, HasSubstr("Host: 127.0.0.1:" + std::to_string(server.port()) + "\r\n"));
  EXPECT_EQ(seen.body, "hello");
}

TEST(Client, KeepsItsConnection) {
  std::atomic<int> last_connection = -1;
  ScriptedServer server([&](const auto& request) {
    last_connection = request.connection;
    return ScriptedServer::answer("200 OK");
  });
  Client client(url_of(server.url()));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(client.request({}));
  EXPECT_EQ(last_connection, 0);
}

TEST(Client, OpensANewConnectionWhenTheKeptOneWasClosed) {
  int requests = 0;
  ScriptedServer server([&](const auto&) {
    // The second one on the first connection finds it closed.
    return ++requests == 2 ? std::string() : ScriptedServer::answer("200 OK");
  });
  Client client(url_of(server.url()));
  ASSERT_TRUE(client.request({}));
  const auto second = client.request({});
  ASSERT_TRUE(second) << second.error().message();
  EXPECT_EQ(requests, 3);
}

TEST(Client, SaysThatNobodyListens) {
  std::string url;
  {
    ScriptedServer gone([](const auto&) { return std::string(); });
    url = gone.url();
  }
  Client client(url_of(url));
  const auto response = client.request({});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind(), Error::Kind::kIo);
  EXPECT_EQ(response.error().message(),
            "cannot reach " + url + ": connection refused; is `phlox server` running?");
}

TEST(Client, AServerThatBreaksOffIsAnError) {
  ScriptedServer server([](const auto&) {
    return "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\nx";
  });
  Client client(url_of(server.url()));
  const auto response = client.request({});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind(), Error::Kind::kIo);
  EXPECT_THAT(response.error().message(), StartsWith("lost " + server.url()));
}

TEST(Client, GivesUpAtTheDeadline) {
  ScriptedServer server(
      [](const auto&) { return "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"; });
  Client client(url_of(server.url()));
  const auto response = client.request({.timeout = 50ms});
  ASSERT_FALSE(response);
  EXPECT_THAT(response.error().message(), HasSubstr("no answer within 0.05 s"));
}

TEST(Client, BoundsTheAnswer) {
  ScriptedServer server(
      [](const auto&) { return ScriptedServer::answer("200 OK", std::string(2000, 'x')); });
  Client client(url_of(server.url()), {.max_body_bytes = 1000});
  const auto response = client.request({});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind(), Error::Kind::kLimit);
}

TEST(Client, AbortEndsARunningRequestAndLaterOnes) {
  std::atomic<bool> arrived = false;
  ScriptedServer server([&](const auto&) {
    arrived = true;
    return "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx";
  });
  Client client(url_of(server.url()));
  std::jthread aborter([&] {
    while (!arrived) std::this_thread::yield();
    client.abort();
  });
  const auto running = client.request({.timeout = 60s});
  ASSERT_FALSE(running);
  EXPECT_EQ(running.error().kind(), Error::Kind::kGone);
  const auto later = client.request({});
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().kind(), Error::Kind::kGone);
}

TEST(Client, LeavesNoDescriptorToProgramsStartedLater) {
  const auto inheritable = [] {
    int count = 0;
    for (int fd = 0; fd < 256; ++fd) {
      const int flags = ::fcntl(fd, F_GETFD);
      if (flags >= 0 && (flags & FD_CLOEXEC) == 0) ++count;
    }
    return count;
  };
  const int before = inheritable();
  ScriptedServer server([](const auto&) { return ScriptedServer::answer("200 OK"); });
  Client client(url_of(server.url()));
  ASSERT_TRUE(client.request({}));
  EXPECT_EQ(inheritable(), before);
}

}  // namespace
}  // namespace phlox::http
