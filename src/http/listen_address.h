// Where to listen: "127.0.0.1:4040", "localhost:0", "[::1]:4040", ":4040" (all addresses).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace phlox::http {

struct ListenAddress {
  std::string host;  // without brackets; "" is all addresses
  std::uint16_t port = 0;

  bool is_loopback() const;
};

Result<ListenAddress> parse_listen_address(std::string_view text);

// "host" or "host:port" as in a Host header: the host alone, without brackets.
std::string_view host_of(std::string_view authority);
// localhost, names below it, 127.0.0.0/8, ::1.
bool is_loopback_host(std::string_view host);

// There is no login yet: an address that others reach must be asked for twice. kPermission says
// how.
Result<> check_exposure(const ListenAddress& address, bool open);

}  // namespace phlox::http
