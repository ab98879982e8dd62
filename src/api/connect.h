// Connect unary calls: a message in as JSON or protobuf, by Content-Type, and the answer out in the
// same form. Errors are JSON in both.
#pragma once

#include <google/protobuf/message.h>

#include "http/message.h"

namespace phlox::api {

// kCorrupt names the field if that is a string which is no UTF-8. Logs nothing.
Result<> parse_protobuf(const std::string& body, google::protobuf::Message& message);

bool is_json(const http::ServerRequest& request);
// The error is a response: 415 for another Content-Type, 400 for a body that is no such message.
bool read_message(const http::ServerRequest& request, google::protobuf::Message& message,
                  http::ServerResponse& error);
http::ServerResponse write_message(const http::ServerRequest& request,
                                   const google::protobuf::Message& message);

// handle(const Request&, Response&) -> Result<>.
template <class Request, class Response, class Handle>
http::ServerResponse connect_call(const http::ServerRequest& request, Handle handle) {
  Request message;
  http::ServerResponse error;
  if (!read_message(request, message, error)) return error;
  Response answer;
  if (const Result<> handled = handle(message, answer); !handled)
    return http::error_response(handled.error());
  return write_message(request, answer);
}

}  // namespace phlox::api
