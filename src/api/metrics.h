// What the server counts about itself, as Prometheus reads it. Any thread; each call takes one
// lock.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "api/last_minute.h"
#include "base/clock.h"
#include "base/result.h"
#include "http/server_load.h"
#include "storage/retention.h"
#include "storage/store.h"

namespace phlox::api {

// Upper bounds of the buckets in which requests are counted by their time, in seconds: from a push
// with nothing before it to a query over everything. Longer ones count in +Inf alone.
inline constexpr std::array kRequestSeconds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                               0.25,  0.5,    1.0,   2.5,  5.0,   10.0};

class Metrics {
 public:
  // The clock must outlive it.
  explicit Metrics(const Clock& clock = Clock::system())
      : clock_(clock), start_(clock.steady_now()) {}

  void add_written(const storage::WriteCounts& counts);
  void add_unknown_service(std::size_t profiles);
  void add_rejected(std::string_view reason);
  void add_request(std::string_view path, int status, Nanoseconds took);

  std::string text(const storage::StoreSize& size) const;

  // What was counted since the start, for who compares two moments.
  struct Counts {
    storage::WriteCounts written;
    std::uint64_t requests = 0;
    std::map<std::string, std::uint64_t, std::less<>> rejected;  // by reason
    double profiles_per_second = 0;                              // over the last minute
    double requests_per_second = 0;
  };
  Counts counts() const;
  Nanoseconds uptime() const { return clock_.steady_now() - start_; }

  // Where the servers count what they have in hand; each outlives its server.
  http::ServerLoad http_load;
  http::ServerLoad grpc_load;

 private:
  struct Requests {
    std::uint64_t count = 0;
    Nanoseconds took{};
    std::array<std::uint64_t, kRequestSeconds.size()> within{};  // each bound, not added up
  };

  void append_requests(std::string& out) const;  // mutex_ is held
  // Reasons of handlers, and of servers that refused before a handler saw anything; mutex_ is held.
  std::map<std::string, std::uint64_t, std::less<>> all_rejected() const;

  const Clock& clock_;
  const SteadyTime start_;
  mutable std::mutex mutex_;  // guards all below
  LastMinute profiles_;
  LastMinute all_requests_;
  storage::WriteCounts written_;
  std::uint64_t unknown_service_ = 0;
  std::map<std::string, std::uint64_t, std::less<>> rejected_;
  std::map<std::pair<std::string, int>, Requests> requests_;
};

// The word for a kind of error: "invalid", "limit", ...
std::string_view reason_of(const Error& error);

}  // namespace phlox::api
