#include "api/connect.h"

#include <google/protobuf/util/json_util.h>

namespace phlox::api {
namespace {

std::string_view media_type(const http::ServerRequest& request) {
  std::string_view type = request.header("Content-Type");
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return type;
}

bool is_protobuf(const http::ServerRequest& request) {
  return http::equal_ignoring_case(media_type(request), "application/proto");
}

}  // namespace

bool is_json(const http::ServerRequest& request) {
  return http::equal_ignoring_case(media_type(request), "application/json");
}

bool read_message(const http::ServerRequest& request, google::protobuf::Message& message,
                  http::ServerResponse& error) {
  if (is_protobuf(request)) {
    if (message.ParseFromString(request.body)) return true;
    error = http::error_response(
        400, "invalid_argument",
        fmt::format("the body is not a {} in protobuf", message.GetTypeName()));
    return false;
  }
  if (!is_json(request)) {
    error = http::error_response(415, "invalid_argument",
                                 "Content-Type must be application/json or application/proto");
    return false;
  }
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  const auto status = google::protobuf::util::JsonStringToMessage(request.body, &message, options);
  if (status.ok()) return true;
  error = http::error_response(
      400, "invalid_argument",
      fmt::format("the body is not a {} in JSON: {}", message.GetTypeName(), status.ToString()));
  return false;
}

http::ServerResponse write_message(const http::ServerRequest& request,
                                   const google::protobuf::Message& message) {
  http::ServerResponse response;
  if (is_json(request)) {
    response.content_type = "application/json";
    static_cast<void>(google::protobuf::util::MessageToJsonString(message, &response.body));
  } else {
    response.content_type = "application/proto";
    message.SerializeToString(&response.body);
  }
  return response;
}

}  // namespace phlox::api
