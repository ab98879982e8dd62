// BaseUrl: where a server is, and how addresses on it are written.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace phlox::http {

struct BaseUrl {
  std::string host;  // name or address, IPv6 without its brackets
  std::string port = "80";
  std::string prefix;  // path before ours, without a slash at its end; for servers behind a proxy

  // "http://127.0.0.1:4040", "http://[::1]:4040/phlox". kInvalid, with what to write instead, for
  // anything else: https, user names, queries.
  static Result<BaseUrl> parse(std::string_view text);

  std::string host_and_port() const;  // as the Host header wants it
  std::string to_string() const;
};

using QueryParameter = std::pair<std::string_view, std::string_view>;

// "/api/v1/profile?selector=%7B%7D&from=now-10m". Parameters with an empty value are left out.
std::string target_of(std::string_view path, std::span<const QueryParameter> parameters);

}  // namespace phlox::http
