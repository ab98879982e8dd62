#include "http/compression.h"

#include "base/gzip.h"

namespace phlox::http {
namespace {

constexpr std::size_t kWorthPacking = 1024;  // less fits one packet anyway
constexpr int kLevel = 4;                    // answers are packed while someone waits

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

Result<> unpack_body(ServerRequest& request, std::size_t max_size) {
  const std::string_view encoding = trimmed(request.header("Content-Encoding"));
  if (encoding.empty() || equal_ignoring_case(encoding, "identity")) return {};
  if (!equal_ignoring_case(encoding, "gzip"))
    return Error::invalid("Content-Encoding '{}' is not taken; send gzip or none",
                          encoding.substr(0, 40));
  PHLOX_TRY(request.body, gunzip(request.body, max_size).context("request body"));
  return {};
}

bool accepts_gzip(const ServerRequest& request) {
  std::string_view rest = request.header("Accept-Encoding");
  while (!rest.empty()) {
    const std::string_view item = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(item.size() + 1, rest.size()));
    const std::string_view coding = trimmed(item.substr(0, item.find(';')));
    const bool refused =
        item.find("q=0") != std::string_view::npos &&
        item.find_first_of("123456789", item.find("q=0")) == std::string_view::npos;
    if ((equal_ignoring_case(coding, "gzip") || coding == "*") && !refused) return true;
  }
  return false;
}

void pack_body(const ServerRequest& request, ServerResponse& response) {
  if (response.is_compressed || response.body.size() < kWorthPacking) return;
  response.headers.push_back({"Vary", "Accept-Encoding"});
  if (!accepts_gzip(request)) return;
  response.body = gzip(response.body, kLevel);
  response.headers.push_back({"Content-Encoding", "gzip"});
  response.is_compressed = true;
}

}  // namespace phlox::http
