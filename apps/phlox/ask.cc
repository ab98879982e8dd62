#include "ask.h"

#include "http/client.h"
#include "terminal/api_answers.h"

namespace phlox {
namespace {

Result<std::string> send(std::string_view server, const http::Client::Request& request) {
  PHLOX_TRY(auto url, http::BaseUrl::parse(server));
  http::Client client(std::move(url));
  PHLOX_TRY(auto response, client.request(request));
  if (response.ok()) return std::move(response.body);
  const std::string message = terminal::decode_error(response.body);
  return Error::invalid("{} answered {}: {}", server, response.status,
                        message.empty() ? "no message" : message);
}

}  // namespace

Result<std::string> ask(std::string_view server, std::string_view path,
                        std::initializer_list<http::QueryParameter> parameters) {
  return send(server, {.target = http::target_of(path, parameters)});
}

Result<std::string> put(std::string_view server, std::string_view path, std::string_view json) {
  return send(server, {.method = "PUT",
                       .target = std::string(path),
                       .headers = {{"Content-Type", "application/json"}},
                       .body = json});
}

}  // namespace phlox
