#include "sampler/dual_engine.h"

namespace phlox::sampler {
namespace {

// What `read` needs to have ended its windows.
constexpr Nanoseconds kEnding = std::chrono::milliseconds(2);

}  // namespace

DualEngine::DualEngine(std::unique_ptr<EbpfEngine> cpu, std::unique_ptr<ReadEngine> time,
                       Nanoseconds window, const Clock& clock)
    : window_(window),
      clock_(clock),
      boundary_(next_window_end(clock.wall_now(), window)),
      cpu_(std::move(cpu)),
      time_(std::move(time)) {}

void DualEngine::add(TargetId id, pid_t pid, const cpython::Interpreter& interpreter, Since since) {
  cpu_->add(id, pid, interpreter, since);
  time_->add(id, pid, interpreter, since);
}

void DualEngine::remove(TargetId id) {
  cpu_->remove(id);
  time_->remove(id);
}

void DualEngine::drain(const EventSink& sink) {
  cpu_->drain_samples([&sink](Event event, std::span<const cpython::RawFrame> frames) {
    event.use = EventUse::kCpu;
    sink(event, frames);
  });
  time_->drain([&](Event event, std::span<const cpython::RawFrame> frames) {
    if (event.kind == EventKind::kWindowEnd) {
      cpu_->settle(event);
    } else {
      event.use = EventUse::kTime;
    }
    sink(event, frames);
  });
  if (const WallTime now = clock_.wall_now(); now >= boundary_ + kEnding)
    boundary_ = next_window_end(now, window_);
}

SteadyTime DualEngine::drain_by() const {
  return clock_.steady_now() + std::min(kDrainInterval, boundary_ + kEnding - clock_.wall_now());
}

void DualEngine::stop() {
  cpu_->stop();
  time_->stop();
}

}  // namespace phlox::sampler
