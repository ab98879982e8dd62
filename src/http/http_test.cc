#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include "base/cancellation.h"
#include "base/gzip.h"
#include "http/compression.h"
#include "http/listen_address.h"
#include "http/origin_check.h"
#include "http/server.h"

namespace phlox::http {
namespace {

ServerRequest with_headers(std::vector<HeaderField> headers) {
  ServerRequest request;
  request.headers = std::move(headers);
  return request;
}

TEST(Target, IsDecoded) {
  ServerRequest request;
  ASSERT_TRUE(parse_target("/a%20b?x=1+2&y=%7B%7D&z&x=3", request));
  EXPECT_EQ(request.path, "/a b");
  EXPECT_EQ(*request.parameter("x"), "1 2");
  EXPECT_EQ(*request.parameter("y"), "{}");
  EXPECT_EQ(*request.parameter("z"), "");
  EXPECT_EQ(request.parameter("none"), nullptr);
  EXPECT_FALSE(parse_target("/%2", request));
  EXPECT_FALSE(parse_target("/?a=%zz", request));
}

TEST(ErrorResponse, IsJsonWhateverTheMessageHolds) {
  EXPECT_EQ(error_response(400, "invalid_argument", "a \"b\"\n\\").body,
            R"({"code":"invalid_argument","message":"a \"b\"\u000a\\"})");
}

TEST(ListenAddress, ReadsHostAndPort) {
  EXPECT_EQ(parse_listen_address("127.0.0.1:4040")->port, 4040);
  EXPECT_EQ(parse_listen_address("[::1]:0")->host, "::1");
  EXPECT_EQ(parse_listen_address(":80")->host, "");
  for (const auto* bad : {"", "localhost", "a:", "a:65536", "a:x"})
    EXPECT_FALSE(parse_listen_address(bad)) << bad;
}

TEST(ListenAddress, OnlyLoopbackNeedsNoFlag) {
  for (const auto* own : {"127.0.0.1", "127.9.9.9", "::1", "localhost", "a.localhost"})
    EXPECT_TRUE(check_exposure({own, 1}, false)) << own;
  for (const auto* others : {"", "0.0.0.0", "::", "192.168.0.1", "localhost.evil.example"}) {
    EXPECT_FALSE(check_exposure({others, 1}, false)) << others;
    EXPECT_TRUE(check_exposure({others, 1}, true)) << others;
  }
}

TEST(OriginCheck, KeepsForeignPagesOut) {
  const auto allowed = [](std::string host, std::string origin, bool open) {
    std::vector<HeaderField> headers = {{"Host", std::move(host)}};
    if (!origin.empty()) headers.push_back({"Origin", std::move(origin)});
    return check_origin(with_headers(std::move(headers)),
                        {.listen_host = "10.0.0.1", .any_host = open})
        .has_value();
  };
  EXPECT_TRUE(allowed("localhost:9", "", false));
  EXPECT_TRUE(allowed("[::1]:4040", "http://[::1]:4040", false));
  EXPECT_TRUE(allowed("10.0.0.1:4040", "", false)) << "where it listens";
  EXPECT_FALSE(allowed("evil.example", "", false));
  EXPECT_FALSE(allowed("", "", false));
  EXPECT_FALSE(allowed("127.0.0.1.evil.example", "", false));
  EXPECT_FALSE(allowed("127.0.0.1:4040", "http://127.0.0.1:8080", false)) << "another local page";
  EXPECT_FALSE(allowed("127.0.0.1:4040", "null", false));
  EXPECT_TRUE(allowed("phlox.example", "https://phlox.example", true));
  EXPECT_FALSE(allowed("phlox.example", "https://evil.example", true));
}

TEST(Compression, IsNegotiated) {
  EXPECT_TRUE(accepts_gzip(with_headers({{"accept-encoding", "br, gzip;q=0.5"}})));
  EXPECT_FALSE(accepts_gzip(with_headers({{"Accept-Encoding", "gzip;q=0, br"}})));
  EXPECT_FALSE(accepts_gzip(with_headers({})));
}

TEST(Compression, BodiesAreUnpackedWithinTheLimit) {
  const std::string text(5000, 'x');
  ServerRequest request = with_headers({{"Content-Encoding", "gzip"}});
  request.body = gzip(text);
  EXPECT_EQ(unpack_body(request, 4999).error().kind(), Error::Kind::kLimit);
  ASSERT_TRUE(unpack_body(request, 5000));
  EXPECT_EQ(request.body, text);
  ServerRequest other = with_headers({{"Content-Encoding", "br"}});
  EXPECT_EQ(unpack_body(other, 1).error().kind(), Error::Kind::kInvalid);
}

TEST(Router, SaysWhatIsNotThere) {
  Router router;
  router.add("POST", "/a", Lane::kIngest, [](const ServerRequest& request) {
    if (request.body == "throw") throw std::runtime_error("secret");
    return ServerResponse{.body = "yes"};
  });
  const auto answer = [&](std::string method, std::string path, std::string body = "") {
    ServerRequest request;
    request.method = std::move(method);
    request.path = std::move(path);
    request.body = std::move(body);
    return router.answer(request);
  };
  EXPECT_EQ(answer("POST", "/a").body, "yes");
  EXPECT_EQ(answer("GET", "/a").status, 405);
  EXPECT_EQ(answer("GET", "/b").status, 404);
  router.add("GET", "/c", Lane::kQuery, [](const ServerRequest&) { return ServerResponse(); });
  EXPECT_EQ(answer("HEAD", "/c").status, 200) << "as GET";
  const ServerResponse failed = answer("POST", "/a", "throw");
  EXPECT_EQ(failed.status, 500);
  EXPECT_THAT(failed.body, ::testing::Not(::testing::HasSubstr("secret")));
}

// A raw connection: what the server makes of bytes that no good client sends.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) {
    socket_.connect({boost::asio::ip::make_address("127.0.0.1"), port});
  }
  void send(std::string_view bytes) { boost::asio::write(socket_, boost::asio::buffer(bytes)); }
  void close() { socket_.close(); }
  // Until `end` has been read or the connection is closed.
  std::string read_until(std::string_view end) {
    std::string got;
    std::array<char, 4096> chunk;
    boost::system::error_code error;
    while (!error && got.find(end) == std::string::npos) {
      const std::size_t size = socket_.read_some(boost::asio::buffer(chunk), error);
      got.append(chunk.data(), size);
    }
    return got;
  }

 private:
  boost::asio::io_context io_;
  boost::asio::ip::tcp::socket socket_{io_};
};

std::unique_ptr<Server> start(Router router, ServerLimits limits = {}, ServerLoad* load = nullptr) {
  ServerOptions options{.listen = {"127.0.0.1", 0}};
  options.threads = 2;
  options.limits = limits;
  options.load = load;
  return Server::start(std::move(options), std::move(router)).value();
}

Router echo() {
  Router router;
  router.add("POST", "/echo", Lane::kQuery, [](const ServerRequest& request) {
    return ServerResponse{.content_type = "text/plain", .body = request.body + "!"};
  });
  return router;
}

constexpr std::string_view kHost = "Host: localhost\r\n";

TEST(Server, KeepsTheConnectionForSeveralRequests) {
  const auto server = start(echo());
  RawClient client(server->port());
  for (const auto* word : {"one", "two"}) {
    client.send(fmt::format("POST /echo HTTP/1.1\r\n{}Content-Length: 3\r\n\r\n{}", kHost, word));
    EXPECT_THAT(client.read_until("!"), ::testing::EndsWith(fmt::format("\r\n\r\n{}!", word)));
  }
}

TEST(Server, AnswersExpectationsAndChunks) {
  const auto server = start(echo());
  RawClient client(server->port());
  client.send(fmt::format(
      "POST /echo HTTP/1.1\r\n{}Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n",
      kHost));
  EXPECT_THAT(client.read_until("\r\n\r\n"), ::testing::StartsWith("HTTP/1.1 100"));
  client.send("2\r\nab\r\n0\r\n\r\n");
  EXPECT_THAT(client.read_until("!"), ::testing::EndsWith("ab!"));
}

TEST(Server, RefusesTooMuch) {
  const auto server = start(echo(), {.max_header_bytes = 1000, .max_body_bytes = 10});
  RawClient large(server->port());
  large.send(fmt::format("POST /echo HTTP/1.1\r\n{}Content-Length: 11\r\n\r\n", kHost));
  EXPECT_THAT(large.read_until("}"), ::testing::StartsWith("HTTP/1.1 413"));
  RawClient long_headers(server->port());
  long_headers.send("GET / HTTP/1.1\r\nX: " + std::string(2000, 'a') + "\r\n\r\n");
  EXPECT_THAT(long_headers.read_until("}"), ::testing::StartsWith("HTTP/1.1 431"));
}

TEST(Server, DropsAnIdleConnection) {
  const auto server = start(echo(), {.idle_timeout = std::chrono::milliseconds(50)});
  RawClient client(server->port());
  EXPECT_EQ(client.read_until("never"), "");
}

TEST(Server, FinishesWhatItAnswersWhenItStops) {
  std::latch begun(1);
  std::latch go_on(1);
  Router router;
  router.add("GET", "/slow", Lane::kQuery, [&](const ServerRequest&) {
    begun.count_down();
    go_on.wait();
    return ServerResponse{.body = "done!"};
  });
  const auto server = start(std::move(router));
  RawClient idle(server->port());
  RawClient client(server->port());
  client.send(fmt::format("GET /slow HTTP/1.1\r\n{}\r\n", kHost));
  begun.wait();
  std::jthread stopper([&] { server->stop(); });
  EXPECT_EQ(idle.read_until("never"), "") << "a connection without a request is closed at once";
  go_on.count_down();
  EXPECT_THAT(client.read_until("!"), ::testing::EndsWith("done!"));
}

TEST(Server, ALongQueryDoesNotKeepIngestWaiting) {
  std::latch begun(2);
  std::latch go_on(1);
  Router router = echo();
  router.add("GET", "/slow", Lane::kQuery, [&](const ServerRequest&) {
    begun.count_down();
    go_on.wait();
    return ServerResponse{.body = "done!"};
  });
  router.add("GET", "/fast", Lane::kIngest,
             [](const ServerRequest&) { return ServerResponse{.body = "fast!"}; });
  const auto server = start(std::move(router));
  std::array<RawClient, 2> slow = {RawClient(server->port()), RawClient(server->port())};
  for (auto& client : slow) client.send(fmt::format("GET /slow HTTP/1.1\r\n{}\r\n", kHost));
  begun.wait();
  RawClient fast(server->port());
  fast.send(fmt::format("GET /fast HTTP/1.1\r\n{}\r\n", kHost));
  EXPECT_THAT(fast.read_until("!"), ::testing::EndsWith("fast!"));
  go_on.count_down();
  for (auto& client : slow) EXPECT_THAT(client.read_until("!"), ::testing::EndsWith("done!"));
}

TEST(Server, RefusesWhatWouldWaitTooLong) {
  std::latch begun(1);
  std::latch go_on(1);
  Router router = echo();
  router.add("GET", "/slow", Lane::kIngest, [&](const ServerRequest&) {
    begun.count_down();
    go_on.wait();
    return ServerResponse{.body = "done!"};
  });
  router.add("GET", "/fast", Lane::kIngest,
             [](const ServerRequest&) { return ServerResponse{.body = "fast!"}; });
  const auto server = start(std::move(router), {.max_waiting = 1});
  RawClient slow(server->port());
  slow.send(fmt::format("GET /slow HTTP/1.1\r\n{}\r\n", kHost));
  begun.wait();
  RawClient refused(server->port());
  const std::string ask = fmt::format("GET /fast HTTP/1.1\r\n{}\r\n", kHost);
  refused.send(ask);
  const std::string answer = refused.read_until("}");
  EXPECT_THAT(answer, ::testing::StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(answer, ::testing::HasSubstr("Retry-After: 1\r\n"));
  RawClient other_lane(server->port());
  other_lane.send(fmt::format("POST /echo HTTP/1.1\r\n{}Content-Length: 1\r\n\r\na", kHost));
  EXPECT_THAT(other_lane.read_until("!"), ::testing::EndsWith("a!"));
  go_on.count_down();
  EXPECT_THAT(slow.read_until("!"), ::testing::EndsWith("done!"));
  refused.send(ask);
  EXPECT_THAT(refused.read_until("!"), ::testing::EndsWith("fast!")) << "on the same connection";
}

// True once `holds` does; it is asked again until a deadline.
template <class Holds>
bool eventually(Holds holds) {
  const SteadyTime deadline = Clock::system().steady_now() + std::chrono::seconds(30);
  while (!holds()) {
    if (Clock::system().steady_now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

TEST(Server, SaysHowItIsWhileAllElseIsBusy) {
  std::latch go_on(1);
  ServerLoad load;
  Router router;
  for (const auto& [path, lane] :
       {std::pair("/push", Lane::kIngest), std::pair("/ask", Lane::kQuery)})
    router.add("GET", path, lane, [&](const ServerRequest&) {
      go_on.wait();
      return ServerResponse{.body = "done!"};
    });
  router.add("GET", "/healthz", Lane::kOperation,
             [](const ServerRequest&) { return ServerResponse{.body = "ok!"}; });
  router.set_fallback([](const ServerRequest&) { return ServerResponse{.body = "page!"}; });
  const auto server = start(std::move(router), {.max_waiting = 3}, &load);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (const auto* path : {"/push", "/ask"}) {
    for (int i = 0; i < 3; ++i) {
      clients.push_back(std::make_unique<RawClient>(server->port()));
      clients.back()->send(fmt::format("GET {} HTTP/1.1\r\n{}\r\n", path, kHost));
    }
  }
  EXPECT_TRUE(eventually(
      [&] { return load.of(Lane::kIngest).requests == 3 && load.of(Lane::kQuery).requests == 3; }));
  RawClient one_more(server->port());
  one_more.send(fmt::format("GET /ask HTTP/1.1\r\n{}\r\n", kHost));
  EXPECT_THAT(one_more.read_until("}"), ::testing::StartsWith("HTTP/1.1 503"));
  EXPECT_EQ(load.of(Lane::kQuery).refused, 1u);
  RawClient health(server->port());
  health.send(fmt::format("GET /healthz HTTP/1.1\r\n{}\r\n", kHost));
  EXPECT_THAT(health.read_until("!"), ::testing::EndsWith("ok!"));
  RawClient page(server->port());
  page.send(fmt::format("GET /main.js HTTP/1.1\r\n{}\r\n", kHost));
  EXPECT_THAT(page.read_until("!"), ::testing::EndsWith("page!"));
  go_on.count_down();
  for (auto& client : clients) EXPECT_THAT(client->read_until("!"), ::testing::EndsWith("done!"));
  EXPECT_TRUE(eventually([&] { return load.of(Lane::kQuery).requests == 0; }));
}

TEST(Server, BodiesOfAllRequestsTogetherAreBounded) {
  std::latch go_on(1);
  ServerLoad load;
  Router router = echo();
  router.add("POST", "/slow", Lane::kIngest, [&](const ServerRequest&) {
    go_on.wait();
    return ServerResponse{.body = "done!"};
  });
  const auto server =
      start(std::move(router), {.max_body_bytes = 10, .max_bodies_bytes = 15}, &load);
  const auto post = [&](const char* path, RawClient& client) {
    client.send(
        fmt::format("POST {} HTTP/1.1\r\n{}Content-Length: 10\r\n\r\n0123456789", path, kHost));
  };
  RawClient slow(server->port());
  post("/slow", slow);
  EXPECT_TRUE(eventually([&] { return load.body_bytes == 10; }));
  RawClient refused(server->port());
  post("/echo", refused);
  const std::string answer = refused.read_until("}");
  EXPECT_THAT(answer, ::testing::StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(answer, ::testing::HasSubstr("Retry-After: 1\r\n"));
  EXPECT_EQ(load.refused_bodies, 1u);
  go_on.count_down();
  EXPECT_THAT(slow.read_until("!"), ::testing::EndsWith("done!"));
  EXPECT_TRUE(eventually([&] { return load.body_bytes == 0; }));
  RawClient later(server->port());
  post("/echo", later);
  EXPECT_THAT(later.read_until("!"), ::testing::EndsWith("0123456789!"));
}

TEST(Server, AQueryIsToldWhenItsClientGoesAway) {
  std::atomic<int> begun = 0;
  std::atomic<int> given_up = 0;
  ServerLoad load;
  Router router;
  router.add("GET", "/slow", Lane::kQuery, [&](const ServerRequest&) {
    ++begun;
    if (eventually([] { return is_cancelled(); })) ++given_up;
    return ServerResponse{.body = "nobody reads this!"};
  });
  ServerOptions options{.listen = {"127.0.0.1", 0}};
  options.threads = 1;
  options.load = &load;
  const auto server = Server::start(std::move(options), std::move(router)).value();
  const std::string ask = fmt::format("GET /slow HTTP/1.1\r\n{}\r\n", kHost);
  RawClient first(server->port());
  first.send(ask);
  EXPECT_TRUE(eventually([&] { return begun == 1; }));
  RawClient waiting(server->port());
  waiting.send(ask);
  EXPECT_TRUE(eventually([&] { return load.of(Lane::kQuery).requests == 2; }));
  waiting.close();
  first.close();
  EXPECT_TRUE(eventually([&] { return load.cancelled == 2; }));
  EXPECT_EQ(given_up, begun) << "the one that waited need not have begun";
}

TEST(Server, SaysThatAPortIsTaken) {
  const auto server = start(echo());
  const auto second = Server::start({.listen = {"127.0.0.1", server->port()}}, echo());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message(),
            fmt::format("port {} is taken; stop what listens there, or choose another with "
                        "--listen 127.0.0.1:PORT (0 takes a free one)",
                        server->port()));
}

}  // namespace
}  // namespace phlox::http
