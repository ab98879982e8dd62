// Keeps other sites' pages out. A browser on this machine reaches a loopback address for any page
// it shows; what such a page cannot do is forge Host and Origin. So Host must be ours, and an
// Origin, where there is one, must be the page's own address.
#pragma once

#include <string>

#include "base/result.h"
#include "http/message.h"

namespace phlox::http {

struct OriginPolicy {
  std::string listen_host;  // also ours, beside loopback names
  bool any_host = false;    // --open: behind any name, but only for pages from there
};

// kPermission says what was wrong.
Result<> check_origin(const ServerRequest& request, const OriginPolicy& policy);

}  // namespace phlox::http
