// A router's error as a gRPC status. Connect's error codes are gRPC's, under names.
#pragma once

#include <grpcpp/support/status.h>

#include "http/message.h"

namespace phlox::rpc {

// Of {"code": "...", "message": "..."}; a body that is something else is kInternal. A Retry-After
// becomes google.rpc.RetryInfo in the details, without which OTLP's exporters give up on
// RESOURCE_EXHAUSTED. Messages over kMaxMessageBytes are cut.
grpc::Status to_status(const http::ServerResponse& error);

// Clients take 8 KiB of headers; there the message stands twice, in percent escapes and in base64.
inline constexpr std::size_t kMaxMessageBytes = 1024;

}  // namespace phlox::rpc
