// One HTTP request and its answer, as handlers see them: whole bodies, already unpacked.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace phlox::http {

struct HeaderField {
  std::string name;
  std::string value;
};

// A request that the server received.
struct ServerRequest {
  std::string method;
  std::string path;                                        // decoded, without the query
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
  std::vector<HeaderField> headers;
  std::string body;

  // Case does not matter; "" if absent.
  std::string_view header(std::string_view name) const;
  // The first of that name; nullptr if absent.
  const std::string* parameter(std::string_view name) const;
};

struct ServerResponse {
  int status = 200;
  std::string content_type;
  std::string body;
  std::vector<HeaderField> headers;
  bool is_compressed = false;  // the body is gzip already and says so in its headers
};

// {"code": "...", "message": "..."}; the codes are Connect's: invalid_argument, not_found ...
ServerResponse error_response(int status, std::string_view code, std::string_view message);
// The status and code that a kind of error stands for.
ServerResponse error_response(const Error& error);

bool equal_ignoring_case(std::string_view a, std::string_view b);

// "/a%20b?x=1&y=%2F" into path and query. kInvalid for a broken escape.
Result<> parse_target(std::string_view target, ServerRequest& request);

}  // namespace phlox::http
