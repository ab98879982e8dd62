// post: sends one PushRequest and says what became of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/client.h"

namespace phlox::push {

struct Verdict {
  enum class Outcome {
    kStored,
    kRefused,  // for good: sending it again would not help
    kAway,     // not reached, or not able at the moment: the same bytes may be sent again
  };
  Outcome outcome{};
  std::string reason;                      // unless stored
  std::optional<Nanoseconds> retry_after;  // as the server asks, bounded to some minutes
};

Verdict post(http::Client& client, std::string_view push_request);

}  // namespace phlox::push
