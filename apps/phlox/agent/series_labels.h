// The labels under which an agent's profiles are stored.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "profile/labels.h"

namespace phlox::agent {

// service_name, host and what the user gave. kInvalid where the user's labels name one that we set
// for each profile: __name__, worker.
Result<profile::Labels> agent_labels(std::string_view service,
                                     std::span<const profile::Labels::Pair> users);

// Those of one profile of one process.
profile::Labels profile_labels(const profile::Labels& agent, std::string_view profile_name,
                               int worker);

// What a program calls itself when nobody names the service: the base name of its script or module
// for a Python interpreter ("python -X dev /srv/app.py" is app.py), else of the program.
std::string default_service_name(std::span<const std::string> command);

}  // namespace phlox::agent
