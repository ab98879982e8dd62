#include "agent/agent.h"

#include <system_error>

#include "agent/series_labels.h"
#include "base/log.h"
#include "sampler/open_engine.h"

namespace phlox::agent {
namespace {

constexpr Nanoseconds kSendingEnds = std::chrono::seconds(5);
// Enough for one more try; a program's end must not wait for a server that never was there.
constexpr Nanoseconds kSendingEndsIfAway = std::chrono::milliseconds(500);
constexpr Nanoseconds kAskInterval = std::chrono::milliseconds(100);

}  // namespace

Result<std::unique_ptr<Agent>> Agent::create(const std::string& server,
                                             const sampler::Options& options,
                                             profile::Labels labels) {
  try {
    PHLOX_TRY(auto pusher, push::Pusher::create({.server = server}));
    PHLOX_TRY(auto engine, sampler::open_engine(options));
    return std::unique_ptr<Agent>(
        new Agent(std::move(pusher), std::move(engine), options, std::move(labels)));
  } catch (const std::system_error& e) {
    // Under a limit of processes. The program that we were to profile must run all the same.
    return Error::limit("cannot start a thread: {}", e.what());
  }
}

Agent::Agent(std::unique_ptr<push::Pusher> pusher, std::unique_ptr<sampler::Engine> engine,
             const sampler::Options& options, profile::Labels labels)
    : labels_(std::move(labels)),
      pusher_(std::move(pusher)),
      sampler_(std::move(engine), options,
               [this](sampler::Window window) { send(std::move(window)); }) {}

void Agent::send(sampler::Window window) {
  for (sampler::NamedProfile& named : window.profiles)
    pusher_->enqueue({.labels = profile_labels(labels_, named.name, window.worker),
                      .profile = std::move(named.profile)});
}

void Agent::finish(const std::function<bool()>& given_up) {
  sampler_.stop();
  const SteadyTime begin = Clock::system().steady_now();
  while (!pusher_->flush(kAskInterval)) {
    const Nanoseconds waited = Clock::system().steady_now() - begin;
    const push::Counts counts = pusher_->counts();
    if (!given_up() && waited < (counts.server_away ? kSendingEndsIfAway : kSendingEnds)) continue;
    log(LogLevel::kWarning, "{} profiles could not be sent any more and are lost", counts.waiting);
    return;
  }
}

}  // namespace phlox::agent
