// The description of the public API: docs/openapi.json, as built into the program.
#pragma once

#include <string_view>

namespace phlox::api {

std::string_view openapi_text();  // lives as long as the program

}  // namespace phlox::api
