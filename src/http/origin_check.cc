#include "http/origin_check.h"

#include "http/listen_address.h"

namespace phlox::http {
namespace {

std::string_view without_scheme(std::string_view origin) {
  const auto slashes = origin.find("://");
  return slashes == std::string_view::npos ? origin : origin.substr(slashes + 3);
}

}  // namespace

Result<> check_origin(const ServerRequest& request, const OriginPolicy& policy) {
  const std::string_view host = request.header("Host");
  const std::string_view origin = request.header("Origin");
  const bool is_ours =
      is_loopback_host(host_of(host)) ||
      (!policy.listen_host.empty() && equal_ignoring_case(host_of(host), policy.listen_host));
  if (!is_ours && !policy.any_host)
    return Error::permission(
        "Host '{}' is not this server's; use the address it listens on, or start it with --open",
        host.substr(0, 100));
  // A browser's Origin has no path, and its port is left out where the scheme's is meant, as in
  // Host.
  if (!origin.empty() && !equal_ignoring_case(without_scheme(origin), host))
    return Error::permission("a page from '{}' may not use this server", origin.substr(0, 100));
  return {};
}

}  // namespace phlox::http
