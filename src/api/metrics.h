// What the server counts about itself, as Prometheus reads it. Any thread; each call takes one
// lock.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "storage/retention.h"
#include "storage/store.h"

namespace phlox::api {

// Upper bounds of the buckets in which requests are counted by their time, in seconds: from a push
// with nothing before it to a query over everything. Longer ones count in +Inf alone.
inline constexpr std::array kRequestSeconds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                               0.25,  0.5,    1.0,   2.5,  5.0,   10.0};

class Metrics {
 public:
  void add_written(const storage::WriteCounts& counts);
  void add_unknown_service(std::size_t profiles);
  void add_rejected(std::string_view reason);
  void add_request(std::string_view path, int status, Nanoseconds took);

  std::string text(const storage::StoreSize& size) const;

 private:
  struct Requests {
    std::uint64_t count = 0;
    Nanoseconds took{};
    std::array<std::uint64_t, kRequestSeconds.size()> within{};  // each bound, not added up
  };

  void append_requests(std::string& out) const;  // mutex_ is held

  mutable std::mutex mutex_;  // guards all below
  storage::WriteCounts written_;
  std::uint64_t unknown_service_ = 0;
  std::map<std::string, std::uint64_t, std::less<>> rejected_;
  std::map<std::pair<std::string, int>, Requests> requests_;
};

// The word for a kind of error: "invalid", "limit", ...
std::string_view reason_of(const Error& error);

}  // namespace phlox::api
