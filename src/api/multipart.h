// multipart/form-data (RFC 7578), as much as the clients of /ingest send.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace phlox::api {

inline constexpr std::size_t kMaxParts = 16;

// Parts by name; views into `body`. The boundary is in the Content-Type.
Result<std::map<std::string, std::string_view>> parse_multipart(std::string_view content_type,
                                                                std::string_view body);

}  // namespace phlox::api
