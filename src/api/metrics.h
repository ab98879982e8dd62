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
  };

  mutable std::mutex mutex_;  // guards all below
  storage::WriteCounts written_;
  std::uint64_t unknown_service_ = 0;
  std::map<std::string, std::uint64_t, std::less<>> rejected_;
  std::map<std::pair<std::string, int>, Requests> requests_;
};

// The word for a kind of error: "invalid", "limit", ...
std::string_view reason_of(const Error& error);

}  // namespace phlox::api
