// ServerLoad: what a server has in hand at this moment and what it refused, for who watches it. Any
// thread reads; the server counts.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "http/router.h"

namespace phlox::http {

struct LaneLoad {
  std::atomic<std::size_t> requests = 0;  // being answered or waiting for it
  std::atomic<std::uint64_t> refused = 0;
};

struct ServerLoad {
  std::array<LaneLoad, kLaneCount> lanes;
  std::atomic<std::size_t> body_bytes = 0;  // of requests that are being read, wait or are answered
  std::atomic<std::uint64_t> refused_bodies = 0;  // beyond ServerLimits::max_bodies_bytes
  std::atomic<std::uint64_t> cancelled = 0;  // requests whose client went away before the answer

  LaneLoad& of(Lane lane) { return lanes[static_cast<std::size_t>(lane)]; }
  const LaneLoad& of(Lane lane) const { return lanes[static_cast<std::size_t>(lane)]; }
};

// A place among the requests of a lane, given back at the end of its scope.
class LanePlace {
 public:
  explicit LanePlace(LaneLoad& load) : load_(load), number_(++load.requests) {}
  ~LanePlace() { --load_.requests; }
  LanePlace(const LanePlace&) = delete;
  LanePlace& operator=(const LanePlace&) = delete;
  std::size_t number() const { return number_; }  // from 1

 private:
  LaneLoad& load_;
  const std::size_t number_;
};

// What one request's body takes of the bytes that all may hold, given back at the end of its scope.
class BodyShare {
 public:
  BodyShare(ServerLoad& load, std::size_t max_bytes) : load_(load), max_bytes_(max_bytes) {}
  ~BodyShare() { load_.body_bytes -= bytes_; }
  BodyShare(const BodyShare&) = delete;
  BodyShare& operator=(const BodyShare&) = delete;

  // False, counted, and nothing taken when that would be too much.
  bool grow_to(std::size_t bytes) {
    const std::size_t more = bytes - bytes_;
    const std::size_t all = load_.body_bytes.fetch_add(more) + more;
    if (all > max_bytes_) {
      load_.body_bytes -= more;
      ++load_.refused_bodies;
      return false;
    }
    bytes_ = bytes;
    return true;
  }

 private:
  ServerLoad& load_;
  const std::size_t max_bytes_;
  std::size_t bytes_ = 0;
};

}  // namespace phlox::http
