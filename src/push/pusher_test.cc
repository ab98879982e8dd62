#include "push/pusher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <mutex>
#include <protozero/pbf_reader.hpp>
#include <string>
#include <thread>
#include <vector>

#include "format/folded.h"
#include "format/pprof.h"
#include "http/scripted_server.h"
#include "push/push_request.h"

namespace phlox::push {
namespace {

using namespace std::chrono_literals;
using http::ScriptedServer;
using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;

struct Received {
  std::string id;
  std::string labels;
  std::string folded;
  bool operator==(const Received&) const = default;
};

std::string folded_of(const std::string& pprof) {
  const auto profile = format::decode_pprof(pprof);
  EXPECT_TRUE(profile) << profile.error().message();
  return profile ? format::encode_folded(*profile).value() : "";
}

Received received_series(protozero::pbf_reader series) {
  Received out;
  while (series.next()) {
    const bool is_label = series.tag() == 1;
    protozero::pbf_reader entry = series.get_message();
    while (entry.next()) {
      const bool is_first = entry.tag() == 1;  // reading a field forgets its tag
      const std::string text = entry.get_string();
      if (is_label) {
        out.labels += text + (is_first ? "=" : " ");
      } else if (is_first) {
        out.folded = folded_of(text);
      } else {
        out.id = text;
      }
    }
  }
  return out;
}

std::vector<Received> received_request(const std::string& body) {
  std::vector<Received> out;
  protozero::pbf_reader request(body);
  while (request.next(1)) out.push_back(received_series(request.get_message()));
  return out;
}

// A server that remembers what it was sent and answers as the test says.
class PushServer {
 public:
  using Answer = std::function<std::string(const std::vector<Received>&)>;

  explicit PushServer(Answer answer, std::uint16_t port = 0)
      : answer_(std::move(answer)),
        server_(
            [this](const ScriptedServer::Request& request) {
              EXPECT_THAT(request.head, HasSubstr("POST /push.v1.PusherService/Push HTTP/1.1\r\n"));
              EXPECT_THAT(request.head, HasSubstr("Content-Type: application/proto\r\n"));
              const auto profiles = received_request(request.body);
              const std::scoped_lock lock(mutex_);
              requests_.push_back(profiles);
              return answer_(profiles);
            },
            port) {}

  std::vector<std::vector<Received>> requests() const {
    const std::scoped_lock lock(mutex_);
    return requests_;
  }
  std::vector<std::string> stacks() const {
    std::vector<std::string> out;
    for (const auto& request : requests())
      for (const Received& profile : request) out.push_back(profile.folded);
    return out;
  }
  std::string url() const { return server_.url(); }
  std::uint16_t port() const { return server_.port(); }

 private:
  Answer answer_;
  mutable std::mutex mutex_;
  std::vector<std::vector<Received>> requests_;
  ScriptedServer server_;  // last: its thread uses the others
};

std::string ok(const std::vector<Received>&) { return ScriptedServer::answer("200 OK"); }

std::uint16_t free_port() {
  return ScriptedServer([](const auto&) { return std::string(); }).port();
}

OutgoingProfile profile_of(const std::string& folded) {
  return {
      .labels = profile::Labels::from_pairs({{"__name__", "process_cpu"}, {"service_name", "shop"}})
                    .value(),
      .profile = format::decode_folded(folded, {"cpu", "nanoseconds"}).value()};
}

std::unique_ptr<Pusher> pusher_to(Options options) {
  options.max_backoff = std::min<Nanoseconds>(options.max_backoff, 20ms);
  auto pusher = Pusher::create(options);
  EXPECT_TRUE(pusher) << pusher.error().message();
  return std::move(pusher).value();
}

bool wait_until(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

TEST(Uuid, IsRandomAndVersion4) {
  const std::string id = random_uuid();
  EXPECT_THAT(id, MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-"
                               "[0-9a-f]{12}"));
  EXPECT_NE(id, random_uuid());
}

TEST(Pusher, SendsProfilesWithLabelsAndIds) {
  PushServer server(ok);
  const auto pusher = pusher_to({.server = server.url()});
  pusher->enqueue(profile_of("main;foo 75\nmain;bar 25"));
  ASSERT_TRUE(pusher->flush(30s));
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 1u);
  ASSERT_EQ(requests[0].size(), 1u);
  EXPECT_EQ(requests[0][0].folded, "main;bar 25\nmain;foo 75\n");
  EXPECT_EQ(requests[0][0].labels, "__name__=process_cpu service_name=shop ");
  EXPECT_EQ(requests[0][0].id.size(), 36u);
  EXPECT_EQ(pusher->counts().sent, 1u);
  EXPECT_EQ(pusher->counts().waiting, 0u);
}

TEST(Pusher, RefusesAUrlItCannotUse) {
  const auto pusher = Pusher::create({.server = "https://example.com"});
  ASSERT_FALSE(pusher);
  EXPECT_EQ(pusher.error().kind(), Error::Kind::kInvalid);
}

TEST(Pusher, WhatWaitedWhileTheServerWasAwayArrivesOnceAndInOrder) {
  const std::uint16_t port = free_port();
  const auto pusher = pusher_to({.server = "http://127.0.0.1:" + std::to_string(port)});
  for (const char* stack : {"a 1", "b 1", "c 1"}) pusher->enqueue(profile_of(stack));
  EXPECT_FALSE(pusher->flush(50ms));
  ASSERT_TRUE(wait_until([&] { return pusher->counts().server_away; }));
  EXPECT_EQ(pusher->counts().waiting, 3u);

  PushServer server(ok, port);
  ASSERT_TRUE(pusher->flush(30s));
  EXPECT_THAT(server.stacks(), ElementsAre("a 1\n", "b 1\n", "c 1\n"));
  EXPECT_EQ(pusher->counts().sent, 3u);
  EXPECT_FALSE(pusher->counts().server_away);
}

TEST(Pusher, SendsTheSameBytesAgainAfterAFailure) {
  int tries = 0;
  PushServer server([&](const auto&) {
    return ++tries < 4 ? ScriptedServer::answer("503 Service Unavailable", "starting")
                       : ScriptedServer::answer("200 OK");
  });
  const auto pusher = pusher_to({.server = server.url()});
  pusher->enqueue(profile_of("a 1"));
  ASSERT_TRUE(pusher->flush(30s));
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 4u);
  for (const auto& request : requests) EXPECT_EQ(request, requests[0]);
  EXPECT_EQ(pusher->counts().sent, 1u);
}

TEST(Pusher, AnAnswerThatGotLostIsASecondSendingOfTheSameId) {
  int tries = 0;
  PushServer server(
      [&](const auto&) { return ++tries == 1 ? std::string() : ScriptedServer::answer("200 OK"); });
  const auto pusher = pusher_to({.server = server.url()});
  pusher->enqueue(profile_of("a 1"));
  ASSERT_TRUE(pusher->flush(30s));
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0], requests[1]);
  EXPECT_EQ(pusher->counts().sent, 1u);
}

TEST(Pusher, WaitsAsLongAsTheServerAsks) {
  std::vector<std::chrono::steady_clock::time_point> times;
  PushServer server([&](const auto&) {
    times.push_back(std::chrono::steady_clock::now());
    return times.size() == 1
               ? ScriptedServer::answer("429 Too Many Requests", "", "Retry-After: 1\r\n")
               : ScriptedServer::answer("200 OK");
  });
  const auto pusher = pusher_to({.server = server.url()});
  pusher->enqueue(profile_of("a 1"));
  ASSERT_TRUE(pusher->flush(30s));
  ASSERT_EQ(times.size(), 2u);
  EXPECT_GE(times[1] - times[0], 990ms);
}

TEST(Pusher, ABadProfileDoesNotTakeTheOthersWithIt) {
  const std::uint16_t port = free_port();
  const auto pusher = pusher_to({.server = "http://127.0.0.1:" + std::to_string(port)});
  for (const char* stack : {"a 1", "bad 1", "c 1"}) pusher->enqueue(profile_of(stack));
  ASSERT_TRUE(wait_until([&] { return pusher->counts().server_away; }));

  std::vector<std::string> stored;
  PushServer server(
      [&](const std::vector<Received>& profiles) {
        for (const Received& profile : profiles)
          if (profile.folded == "bad 1\n")
            return ScriptedServer::answer("400 Bad Request", R"({"code":"invalid_argument"})");
        for (const Received& profile : profiles) stored.push_back(profile.folded);
        return ScriptedServer::answer("200 OK");
      },
      port);
  ASSERT_TRUE(pusher->flush(30s));
  EXPECT_THAT(stored, ElementsAre("a 1\n", "c 1\n"));
  const Counts counts = pusher->counts();
  EXPECT_EQ(counts.sent, 2u);
  EXPECT_EQ(counts.refused, 1u);
  EXPECT_EQ(counts.enqueued, 3u);
}

TEST(Pusher, KeepsRequestsBelowTheBound) {
  const std::uint16_t port = free_port();
  const auto pusher =
      pusher_to({.server = "http://127.0.0.1:" + std::to_string(port), .max_request_bytes = 500});
  for (int i = 0; i < 10; ++i) pusher->enqueue(profile_of("main;f" + std::to_string(i) + " 1"));
  ASSERT_TRUE(wait_until([&] { return pusher->counts().server_away; }));
  PushServer server(ok, port);
  ASSERT_TRUE(pusher->flush(30s));
  EXPECT_GT(server.requests().size(), 3u);
  EXPECT_EQ(server.stacks().size(), 10u);
  EXPECT_EQ(server.stacks().front(), "main;f0 1\n");
  EXPECT_EQ(server.stacks().back(), "main;f9 1\n");
}

TEST(Pusher, AFullQueueDropsTheOldestAndCounts) {
  const std::uint16_t port = free_port();
  const auto pusher =
      pusher_to({.server = "http://127.0.0.1:" + std::to_string(port), .max_queued_bytes = 4000});
  constexpr int kProfiles = 100;
  for (int i = 0; i < kProfiles; ++i)
    pusher->enqueue(profile_of("main;f" + std::to_string(i) + " 1"));
  EXPECT_FALSE(pusher->flush(50ms));
  PushServer server(ok, port);
  ASSERT_TRUE(pusher->flush(30s));
  const Counts counts = pusher->counts();
  EXPECT_GT(counts.dropped, 0u);
  EXPECT_EQ(counts.sent + counts.dropped, counts.enqueued);
  const auto stacks = server.stacks();
  EXPECT_EQ(stacks.size(), counts.sent);
  EXPECT_EQ(stacks.back(), "main;f99 1\n");
}

TEST(Pusher, FlushGivesUpAtItsDeadlineAndTheEndIsPrompt) {
  std::atomic<bool> arrived = false;
  PushServer server([&](const auto&) {
    arrived = true;
    return std::string("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx");  // never the rest
  });
  const auto begin = std::chrono::steady_clock::now();
  {
    const auto pusher = pusher_to({.server = server.url()});
    pusher->enqueue(profile_of("a 1"));
    EXPECT_TRUE(wait_until([&] { return arrived.load(); }));
    EXPECT_FALSE(pusher->flush(20ms));
    EXPECT_EQ(pusher->counts().waiting, 1u);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);  // less than the request's own deadline
}

TEST(Pusher, SaysOnceThatTheServerIsAwayAndOnceThatItIsBack) {
  const std::uint16_t port = free_port();
  testing::internal::CaptureStderr();
  {
    const auto pusher = pusher_to({.server = "http://127.0.0.1:" + std::to_string(port)});
    pusher->enqueue(profile_of("a 1"));
    EXPECT_FALSE(pusher->flush(200ms));  // about ten tries
    PushServer server(ok, port);
    EXPECT_TRUE(pusher->flush(30s));
  }
  const std::string url = "http://127.0.0.1:" + std::to_string(port);
  EXPECT_EQ(
      testing::internal::GetCapturedStderr(),
      "phlox: warning: profiles wait, up to 64 MiB, until the server takes them: cannot reach " +
          url + ": connection refused; is `phlox server` running?\n" + "phlox: " + url +
          " is back; sending the profiles that waited: 1\n");
}

}  // namespace
}  // namespace phlox::push
