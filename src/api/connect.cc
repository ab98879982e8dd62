#include "api/connect.h"

#include <google/protobuf/util/json_util.h>

#include "base/utf8.h"

namespace phlox::api {
namespace {

std::string_view media_type(const http::ServerRequest& request) {
  std::string_view type = request.header("Content-Type");
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return type;
}

// What libprotobuf says of a string that is no UTF-8 names the field; it would go to stderr.
thread_local std::string parse_fault;

void keep_parse_fault(google::protobuf::LogLevel, const char*, int, const std::string& said) {
  parse_fault = said.substr(0, said.find(". "));
}

bool is_protobuf(const http::ServerRequest& request) {
  return http::equal_ignoring_case(media_type(request), "application/proto");
}

}  // namespace

Result<> parse_protobuf(const std::string& body, google::protobuf::Message& message) {
  [[maybe_unused]] static auto* const to_stderr = google::protobuf::SetLogHandler(keep_parse_fault);
  parse_fault.clear();
  if (message.ParseFromString(body)) return {};
  return Error::corrupt("the body is not a {} in protobuf{}{}", message.GetTypeName(),
                        parse_fault.empty() ? "" : ": ", parse_fault);
}

bool is_json(const http::ServerRequest& request) {
  return http::equal_ignoring_case(media_type(request), "application/json");
}

bool read_message(const http::ServerRequest& request, google::protobuf::Message& message,
                  http::ServerResponse& error) {
  if (is_protobuf(request)) {
    const Result<> parsed = parse_protobuf(request.body, message);
    if (!parsed) error = http::error_response(parsed.error());
    return parsed.has_value();
  }
  if (!is_json(request)) {
    error = http::error_response(415, "invalid_argument",
                                 "Content-Type must be application/json or application/proto");
    return false;
  }
  if (const std::size_t good = utf8_prefix(request.body); good != request.body.size()) {
    error = http::error_response(Error::corrupt("the body is not UTF-8 at byte {}", good));
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
