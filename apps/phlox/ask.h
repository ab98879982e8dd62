// One question to the server's JSON API (docs/api.md), or one document for it to keep.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/base_url.h"

namespace phlox {

// The body of a good answer. Parameters with an empty value are left out. The error is the server's
// message where it refuses.
Result<std::string> ask(std::string_view server, std::string_view path,
                        std::initializer_list<http::QueryParameter> parameters);

// Keeps a JSON document at `path`; the same answers and errors.
Result<std::string> put(std::string_view server, std::string_view path, std::string_view json);

}  // namespace phlox
