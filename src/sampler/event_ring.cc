#include "sampler/event_ring.h"

#include <cstring>

#include "base/check.h"

namespace phlox::sampler {

using cpython::RawFrame;

namespace {

constexpr std::size_t round_up(std::size_t size, std::size_t to) {
  return (size + to - 1) / to * to;
}

}  // namespace

EventRing::EventRing(std::size_t capacity_bytes) : buffer_(round_up(capacity_bytes, kAlignment)) {
  PHLOX_CHECK(capacity_bytes > 2 * (sizeof(Record) + cpython::kMaxRawFrames * sizeof(RawFrame)));
}

bool EventRing::push(const Event& event, std::span<const RawFrame> frames) {
  const std::size_t frames_at = round_up(sizeof(Record), alignof(RawFrame));
  const std::size_t size = round_up(frames_at + frames.size_bytes(), kAlignment);
  std::size_t at = written_.load(std::memory_order_relaxed);
  const std::size_t free = buffer_.size() - (at - read_.load(std::memory_order_acquire));
  const std::size_t to_end = buffer_.size() - at % buffer_.size();
  const std::size_t needed = size <= to_end ? size : to_end + size;
  if (needed > free) return false;
  if (size > to_end) {
    // A record that would wrap starts at the beginning; a filler, or too little room for one, ends
    // the buffer.
    if (to_end >= sizeof(Record)) {
      const Record filler{.size = static_cast<std::uint32_t>(to_end), .filler = true, .event = {}};
      std::memcpy(buffer_.data() + at % buffer_.size(), &filler, sizeof filler);
    }
    at += to_end;
  }
  Record record{.size = static_cast<std::uint32_t>(size), .filler = false, .event = event};
  record.event.frame_count = static_cast<std::uint32_t>(frames.size());
  std::byte* to = buffer_.data() + at % buffer_.size();
  std::memcpy(to, &record, sizeof record);
  if (!frames.empty()) std::memcpy(to + frames_at, frames.data(), frames.size_bytes());
  written_.store(at + size, std::memory_order_release);
  return true;
}

double EventRing::fill() const {
  const std::size_t used =
      written_.load(std::memory_order_relaxed) - read_.load(std::memory_order_acquire);
  return static_cast<double>(used) / static_cast<double>(buffer_.size());
}

void EventRing::drain(const Engine::EventSink& sink) {
  const std::size_t frames_at = round_up(sizeof(Record), alignof(RawFrame));
  const std::size_t end = written_.load(std::memory_order_acquire);
  std::size_t at = read_.load(std::memory_order_relaxed);
  std::vector<RawFrame> frames;
  while (at < end) {
    const std::size_t to_end = buffer_.size() - at % buffer_.size();
    if (to_end < sizeof(Record)) {
      at += to_end;
      continue;
    }
    const std::byte* from = buffer_.data() + at % buffer_.size();
    Record record;
    std::memcpy(&record, from, sizeof record);
    at += record.size;
    if (record.filler) continue;
    frames.resize(record.event.frame_count);
    if (!frames.empty())
      std::memcpy(frames.data(), from + frames_at, frames.size() * sizeof(RawFrame));
    sink(record.event, frames);
    read_.store(at, std::memory_order_release);
  }
  read_.store(at, std::memory_order_release);
}

}  // namespace phlox::sampler
