#include "http/base_url.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace phlox::http {
namespace {

constexpr std::string_view kScheme = "http://";

Result<> check_port(std::string_view port, std::string_view url) {
  std::uint32_t number = 0;
  const auto* end = port.data() + port.size();
  const auto parsed = std::from_chars(port.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end || number == 0 || number > 65535)
    return Error::invalid("server '{}': '{}' is not a port; expected 1 to 65535", url, port);
  return {};
}

// What a request line or a Host header must not contain: blanks and control characters would end
// it early.
bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == '~';
}

void append_encoded(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
}

// Splits "[::1]:4040", "localhost:4040" or "localhost".
Result<> split_authority(std::string_view authority, std::string_view url, BaseUrl& out) {
  std::string_view after_host;
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos)
      return Error::invalid("server '{}': no ']' after the IPv6 address", url);
    out.host = authority.substr(1, close - 1);
    after_host = authority.substr(close + 1);
    if (!after_host.empty() && !after_host.starts_with(':'))
      return Error::invalid("server '{}': expected ':port' after ']'", url);
  } else {
    const auto colon = authority.find(':');
    out.host = authority.substr(0, colon);
    if (colon != std::string_view::npos) after_host = authority.substr(colon);
  }
  if (out.host.empty()) return Error::invalid("server '{}': no host name", url);
  if (after_host.empty()) return {};
  PHLOX_TRY(check_port(after_host.substr(1), url));
  out.port = after_host.substr(1);
  return {};
}

}  // namespace

Result<BaseUrl> BaseUrl::parse(std::string_view text) {
  if (text.starts_with("https://"))
    return Error::invalid(
        "server '{}': https is not spoken here; use http:// on the same host or put a proxy in "
        "between",
        text);
  if (!text.starts_with(kScheme))
    return Error::invalid("server '{}': expected a URL such as http://127.0.0.1:4040", text);
  if (!is_plain(text))
    return Error::invalid("server '{}': blanks and characters beyond ASCII are not allowed", text);
  const std::string_view rest = text.substr(kScheme.size());
  if (rest.find_first_of("?#@") != std::string_view::npos)
    return Error::invalid("server '{}': only host, port and path, as http://127.0.0.1:4040", text);
  const auto slash = rest.find('/');
  BaseUrl url;
  PHLOX_TRY(split_authority(rest.substr(0, slash), text, url));
  if (slash != std::string_view::npos) url.prefix = rest.substr(slash);
  while (url.prefix.ends_with('/')) url.prefix.pop_back();
  return url;
}

std::string BaseUrl::host_and_port() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", is_ipv6 ? "[" : "", host, is_ipv6 ? "]" : "", port);
}

std::string BaseUrl::to_string() const {
  return fmt::format("{}{}{}", kScheme, host_and_port(), prefix);
}

std::string target_of(std::string_view path, std::span<const QueryParameter> parameters) {
  std::string out(path);
  char separator = '?';
  for (const auto& [name, value] : parameters) {
    if (value.empty()) continue;
    out += separator;
    append_encoded(out, name);
    out += '=';
    append_encoded(out, value);
    separator = '&';
  }
  return out;
}

}  // namespace phlox::http
