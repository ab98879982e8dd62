// Pusher: sends profiles to a server's push.v1.PusherService/Push and does not lose them while it
// is away.
//
// Profiles wait in a bounded queue; its thread encodes each once (pprof, gzip, PushRequest), sends,
// and on failure sends the very same bytes with the same ids again, so that a server which already
// has them counts them once. When the queue is full the oldest profile is dropped and counted, and
// one warning says so. What the server refuses for good (4xx but 408 and 429) is dropped, counted
// and logged with the server's reason.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "profile/labels.h"
#include "profile/profile.h"

namespace phlox::push {

struct OutgoingProfile {
  profile::Labels labels;  // with __name__ and service_name
  profile::Profile profile;
};

struct Options {
  std::string server = "http://127.0.0.1:4040";  // base URL, http only
  std::size_t max_queued_bytes = 64u << 20;      // some hours of a few processes
  std::size_t max_request_bytes = 4u << 20;      // of several profiles; one alone may be larger
  Nanoseconds max_backoff = std::chrono::seconds(10);  // between tries, which begin with 0.5 s
};

struct Counts {
  std::uint64_t enqueued = 0;
  std::uint64_t sent = 0;
  std::uint64_t dropped = 0;  // queue full
  std::uint64_t refused = 0;  // by the server, for good
  std::uint64_t waiting = 0;
  bool server_away = false;  // the last try found no server, or one that could not take it
};

class Pusher {
 public:
  // kInvalid for a URL it cannot use. Does not connect yet.
  static Result<std::unique_ptr<Pusher>> create(const Options& options);
  // Ends the thread; what still waits is lost unless flush() returned true.
  ~Pusher();
  Pusher(const Pusher&) = delete;
  Pusher& operator=(const Pusher&) = delete;

  void enqueue(OutgoingProfile profile);  // any thread; never blocks on the network
  // Waits until nothing waits any more, trying again at once and then more often than otherwise.
  // False when the time is over first.
  bool flush(Nanoseconds timeout);
  Counts counts() const;  // any thread

 private:
  class Worker;
  explicit Pusher(std::unique_ptr<Worker> worker);
  std::unique_ptr<Worker> worker_;
};

}  // namespace phlox::push
