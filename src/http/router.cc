#include "http/router.h"

#include <exception>

#include "base/log.h"

namespace phlox::http {
namespace {

ServerResponse wrong_method(const Route& route) {
  std::string allowed;
  for (const auto& [method, handler] : route.by_method)
    allowed += (allowed.empty() ? "" : ", ") + method;
  ServerResponse response = error_response(
      405, "unimplemented", fmt::format("this address takes {} requests only", allowed));
  response.headers.push_back({"Allow", allowed});
  return response;
}

}  // namespace

void Router::add(std::string_view method, std::string path, Lane lane, Handler handler) {
  Route& route = routes_[std::move(path)];
  route.lane = lane;
  route.by_method[std::string(method)] = std::move(handler);
}

const Route* Router::find(std::string_view path) const {
  const auto found = routes_.find(path);
  return found == routes_.end() ? nullptr : &found->second;
}

ServerResponse Router::answer(const ServerRequest& request) const {
  std::string_view method = request.method;
  if (method == "HEAD") method = "GET";
  try {
    if (const Route* route = find(request.path)) {
      const auto handler = route->by_method.find(method);
      return handler == route->by_method.end() ? wrong_method(*route) : handler->second(request);
    }
    if (fallback_ && method == "GET") return fallback_(request);
    return error_response(404, "not_found", "there is nothing at this address");
  } catch (const std::exception& e) {
    log(LogLevel::kError, "{} {}: {}", request.method, request.path, e.what());
    return error_response(500, "internal", "the server failed; its log says why");
  }
}

}  // namespace phlox::http
