#include "push/post.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace phlox::push {
namespace {

constexpr Nanoseconds kRequestTimeout = std::chrono::seconds(10);
// A server's mistake must not silence an agent for a day.
constexpr std::chrono::seconds kMaxRetryAfter = std::chrono::minutes(5);
constexpr std::size_t kMaxReasonBytes = 400;

// Only the form in seconds; a date would need the server's clock to agree with ours.
std::optional<Nanoseconds> retry_after(const http::Client::Response& response) {
  const std::string_view text = response.header("Retry-After");
  std::uint32_t seconds = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size())
    return std::nullopt;
  return std::min(std::chrono::seconds(seconds), kMaxRetryAfter);
}

// The body goes into a line of the log, so it must be one line of a bounded length.
std::string reason_of(const http::Client::Response& response, const http::BaseUrl& url) {
  std::string body = response.body.substr(0, kMaxReasonBytes);
  std::ranges::replace_if(body, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }, ' ');
  return fmt::format("{} answered {}{}{}", url.to_string(), response.status,
                     body.empty() ? "" : ": ", body);
}

bool may_be_sent_again(int status) { return status == 408 || status == 429 || status >= 500; }

}  // namespace

Verdict post(http::Client& client, std::string_view push_request) {
  const auto response = client.request({.method = "POST",
                                        .target = "/push.v1.PusherService/Push",
                                        .headers = {{"Content-Type", "application/proto"}},
                                        .body = push_request,
                                        .timeout = kRequestTimeout});
  using enum Verdict::Outcome;
  if (!response) return {kAway, response.error().message(), std::nullopt};
  if (response->ok()) return {kStored, "", std::nullopt};
  std::string reason = reason_of(*response, client.url());
  if (may_be_sent_again(response->status))
    return {kAway, std::move(reason), retry_after(*response)};
  return {kRefused, std::move(reason), std::nullopt};
}

}  // namespace phlox::push
