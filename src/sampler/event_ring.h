// EventRing: a bounded queue of events with their frames between one writer and one reader, without
// locks or allocation.
//
//     | Event | frames ... | Event | Event | frames ... |  free ...            records are
//     multiples of 16 bytes;
//       ^ read position                              ^ write position          one never wraps: a
//       filler ends the buffer early
#pragma once

#include <atomic>
#include <cstddef>
#include <span>
#include <vector>

#include "sampler/engine.h"

namespace phlox::sampler {

class EventRing {
 public:
  explicit EventRing(std::size_t capacity_bytes);

  // Writer. False, and nothing written, when there is no room.
  bool push(const Event& event, std::span<const cpython::RawFrame> frames);
  // Writer. What waits for the reader, as a share of what there is room for.
  double fill() const;
  // Reader. Calls sink for everything there is.
  void drain(const Engine::EventSink& sink);

 private:
  static constexpr std::size_t kAlignment = 16;
  struct Record {
    std::uint32_t size = 0;  // of the record in bytes
    bool filler = false;
    Event event;
  };

  std::vector<std::byte> buffer_;
  std::atomic<std::size_t> written_ =
      0;  // positions count up for ever; modulo the capacity they are offsets
  std::atomic<std::size_t> read_ = 0;
};

}  // namespace phlox::sampler
