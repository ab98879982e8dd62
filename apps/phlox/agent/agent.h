// Agent: a sampler and a pusher, and what lies between them: each profile of a window gets its
// labels and goes to the server.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "profile/labels.h"
#include "push/pusher.h"
#include "sampler/sampler.h"

namespace phlox::agent {

class Agent {
 public:
  // kInvalid for a server's URL that cannot be used, kLimit where no thread can be started, and
  // what sampler::open_engine() says. Starts two threads; makes no connection yet.
  static Result<std::unique_ptr<Agent>> create(const std::string& server,
                                               const sampler::Options& options,
                                               profile::Labels labels);

  sampler::Sampler& sampler() { return sampler_; }

  // Ends sampling and sends what is left: for 5 s at the most, for half a second while the server
  // is away, and not after `given_up`, which is asked every so often, says so.
  void finish(const std::function<bool()>& given_up);

 private:
  Agent(std::unique_ptr<push::Pusher> pusher, std::unique_ptr<sampler::Engine> engine,
        const sampler::Options& options, profile::Labels labels);
  void send(sampler::Window window);

  const profile::Labels labels_;
  std::unique_ptr<push::Pusher> pusher_;
  sampler::Sampler sampler_;  // last: its thread sends to the pusher until it ends
};

}  // namespace phlox::agent
