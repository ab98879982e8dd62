// gzip on the way in and out.
#pragma once

#include <cstddef>

#include "http/message.h"

namespace phlox::http {

// Unpacks a body with Content-Encoding: gzip. kInvalid for another encoding, kCorrupt for damage,
// kLimit beyond `max_size`.
Result<> unpack_body(ServerRequest& request, std::size_t max_size);

// Packs the answer if the client takes gzip and it is worth it.
void pack_body(const ServerRequest& request, ServerResponse& response);

bool accepts_gzip(const ServerRequest& request);

}  // namespace phlox::http
