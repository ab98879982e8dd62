#include "rpc/status.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <protozero/pbf_writer.hpp>

namespace phlox::rpc {
namespace {

// At the index that is the code's number (google/rpc/code.proto).
constexpr std::array<std::string_view, 17> kCodes = {
    "ok",        "canceled",       "unknown",           "invalid_argument",   "deadline_exceeded",
    "not_found", "already_exists", "permission_denied", "resource_exhausted", "failed_precondition",
    "aborted",   "out_of_range",   "unimplemented",     "internal",           "unavailable",
    "data_loss", "unauthenticated"};

grpc::StatusCode code_of(std::string_view name) {
  const auto found = std::ranges::find(kCodes, name);
  return found == kCodes.end() || found == kCodes.begin()
             ? grpc::StatusCode::INTERNAL
             : static_cast<grpc::StatusCode>(found - kCodes.begin());
}

// Without half a character at the end.
std::string cut(std::string message) {
  if (message.size() <= kMaxMessageBytes) return message;
  std::size_t size = kMaxMessageBytes;
  while (size > 0 && (static_cast<unsigned char>(message[size]) & 0xC0U) == 0x80U) --size;
  message.resize(size);
  return message;
}

// Seconds; 0 for none.
std::int64_t retry_after(const http::ServerResponse& response) {
  std::int64_t seconds = 0;
  for (const http::HeaderField& header : response.headers) {
    if (!http::equal_ignoring_case(header.name, "Retry-After")) continue;
    std::from_chars(header.value.data(), header.value.data() + header.value.size(), seconds);
  }
  return seconds;
}

// google.rpc.Status    { int32 code = 1; string message = 2; repeated Any details = 3 }
// google.protobuf.Any  { string type_url = 1; bytes value = 2 }
// google.rpc.RetryInfo { Duration retry_delay = 1 { int64 seconds = 1 } }
std::string with_retry_info(grpc::StatusCode code, const std::string& message,
                            std::int64_t seconds) {
  std::string retry_info;
  {
    protozero::pbf_writer writer(retry_info);
    protozero::pbf_writer(writer, 1).add_int64(1, seconds);
  }
  std::string any;
  protozero::pbf_writer any_writer(any);
  any_writer.add_string(1, "type.googleapis.com/google.rpc.RetryInfo");
  any_writer.add_bytes(2, retry_info);
  std::string status;
  protozero::pbf_writer status_writer(status);
  status_writer.add_int32(1, static_cast<std::int32_t>(code));
  status_writer.add_string(2, message);
  status_writer.add_message(3, any);
  return status;
}

}  // namespace

grpc::Status to_status(const http::ServerResponse& error) {
  const auto body = nlohmann::json::parse(error.body, nullptr, false);
  const auto text = [&](const char* key) {
    const bool is_text = body.is_object() && body.contains(key) && body[key].is_string();
    return is_text ? body[key].get<std::string>() : std::string();
  };
  const grpc::StatusCode code = code_of(text("code"));
  std::string message = cut(text("message"));
  if (message.empty()) message = fmt::format("the server answered {}", error.status);
  const std::int64_t seconds = retry_after(error);
  return {code, message, seconds > 0 ? with_retry_info(code, message, seconds) : ""};
}

}  // namespace phlox::rpc
