#include "ask.h"

#include "http/client.h"
#include "terminal/api_answers.h"

namespace phlox {

Result<std::string> ask(std::string_view server, std::string_view path,
                        std::initializer_list<http::QueryParameter> parameters) {
  PHLOX_TRY(auto url, http::BaseUrl::parse(server));
  http::Client client(std::move(url));
  PHLOX_TRY(auto response, client.request({.target = http::target_of(path, parameters)}));
  if (response.ok()) return std::move(response.body);
  const std::string message = terminal::decode_error(response.body);
  return Error::invalid("{} answered {}: {}", server, response.status,
                        message.empty() ? "no message" : message);
}

}  // namespace phlox
