#include "api/multipart.h"

namespace phlox::api {
namespace {

// The value of key=value or key="value" in a header.
std::string_view parameter(std::string_view header, std::string_view key) {
  const std::string wanted = std::string(key) + '=';
  for (std::size_t at = header.find(wanted); at != std::string_view::npos;
       at = header.find(wanted, at + 1)) {
    if (at > 0 && header[at - 1] != ';' && header[at - 1] != ' ') continue;  // filename= has name=
    std::string_view value = header.substr(at + wanted.size());
    if (value.starts_with('"')) {
      value.remove_prefix(1);
      return value.substr(0, value.find('"'));
    }
    return value.substr(0, value.find_first_of("; \r\n"));
  }
  return {};
}

}  // namespace

Result<std::map<std::string, std::string_view>> parse_multipart(std::string_view content_type,
                                                                std::string_view body) {
  const std::string_view boundary = parameter(content_type, "boundary");
  if (boundary.empty()) return Error::invalid("multipart: the Content-Type has no boundary");
  const std::string line = "--" + std::string(boundary);
  std::map<std::string, std::string_view> parts;
  std::size_t at = body.find(line);
  while (at != std::string_view::npos) {
    at += line.size();
    if (body.substr(at).starts_with("--")) return parts;
    const auto head_end = body.find("\r\n\r\n", at);
    const auto next = body.find("\r\n" + line, at);
    if (head_end == std::string_view::npos || next == std::string_view::npos || next < head_end + 2)
      break;
    const std::string_view head = body.substr(at, head_end - at);
    const std::size_t begin = std::min(head_end + 4, next);
    parts.try_emplace(std::string(parameter(head, "name")), body.substr(begin, next - begin));
    if (parts.size() > kMaxParts) return Error::limit("multipart: more than {} parts", kMaxParts);
    at = next + 2;
  }
  return Error::corrupt("multipart: the body is cut off or has another boundary");
}

}  // namespace phlox::api
