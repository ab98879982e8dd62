#include "http/listen_address.h"

#include <arpa/inet.h>

#include <charconv>

#include "http/message.h"

namespace phlox::http {

std::string_view host_of(std::string_view authority) {
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    return end == std::string_view::npos ? authority : authority.substr(1, end - 1);
  }
  return authority.substr(0, authority.find(':'));
}

bool is_loopback_host(std::string_view host) {
  const std::string text(host);
  in_addr v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  in6_addr v6{};
  if (::inet_pton(AF_INET6, text.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
  constexpr std::string_view kLocalhost = "localhost";
  if (equal_ignoring_case(host, kLocalhost)) return true;
  return host.size() > kLocalhost.size() + 1 && host[host.size() - kLocalhost.size() - 1] == '.' &&
         equal_ignoring_case(host.substr(host.size() - kLocalhost.size()), kLocalhost);
}

bool ListenAddress::is_loopback() const { return is_loopback_host(host); }

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const auto fault = [&] {
    return Error::invalid("listen address '{}': expected HOST:PORT, such as 127.0.0.1:4040", text);
  };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return fault();
  const std::string_view port = text.substr(colon + 1);
  ListenAddress address{.host = std::string(host_of(text.substr(0, colon)))};
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (port.empty() || parsed.ec != std::errc() || parsed.ptr != port.data() + port.size())
    return fault();
  return address;
}

Result<> check_exposure(const ListenAddress& address, bool open) {
  if (open || address.is_loopback()) return {};
  return Error::permission(
      "'{}' can be reached from other machines, and there is no login: anyone who reaches it reads "
      "and writes all profiles; add --open if that is meant, or listen on 127.0.0.1 behind a proxy",
      address.host.empty() ? "all addresses" : address.host);
}

}  // namespace phlox::http
