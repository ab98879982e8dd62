// ask: one question to the server's JSON API (docs/api.md).
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

}  // namespace phlox
