#include "http/message.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/utf8.h"

namespace phlox::http {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

Result<std::string> decode_escapes(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      unsigned code = 0;
      const std::string_view hex = text.substr(i + 1, 2);
      const auto parsed = std::from_chars(hex.data(), hex.data() + hex.size(), code, 16);
      if (hex.size() != 2 || parsed.ec != std::errc() || parsed.ptr != hex.data() + 2)
        return Error::invalid("the address has a '%' without two hexadecimal digits");
      out += static_cast<char>(code);
      i += 2;
    }
  }
  return out;
}

// As JSON. Messages quote what came in, which may be no UTF-8.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : as_utf8(text)) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view ServerRequest::header(std::string_view name) const {
  for (const HeaderField& header : headers) {
    if (equal_ignoring_case(header.name, name)) return header.value;
  }
  return {};
}

const std::string* ServerRequest::parameter(std::string_view name) const {
  const auto found = std::ranges::find(query, name, [](const auto& p) { return p.first; });
  return found == query.end() ? nullptr : &found->second;
}

Result<> parse_target(std::string_view target, ServerRequest& request) {
  const auto question = target.find('?');
  PHLOX_TRY(request.path, decode_escapes(target.substr(0, question), false));
  if (question == std::string_view::npos) return {};
  std::string_view rest = target.substr(question + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    PHLOX_TRY(std::string name, decode_escapes(pair.substr(0, equals), true));
    std::string value;
    if (equals != std::string_view::npos) {
      PHLOX_TRY(value, decode_escapes(pair.substr(equals + 1), true));
    }
    request.query.emplace_back(std::move(name), std::move(value));
  }
  return {};
}

ServerResponse error_response(int status, std::string_view code, std::string_view message) {
  return {.status = status,
          .content_type = "application/json",
          .body = fmt::format(R"({{"code":{},"message":{}}})", quoted(code), quoted(message)),
          .headers = {}};
}

ServerResponse error_response(const Error& error) {
  switch (error.kind()) {
    case Error::Kind::kInvalid:
    case Error::Kind::kCorrupt:
    case Error::Kind::kLimit:
      return error_response(400, "invalid_argument", error.message());
    case Error::Kind::kNotFound:
      return error_response(404, "not_found", error.message());
    case Error::Kind::kPermission:
      return error_response(403, "permission_denied", error.message());
    case Error::Kind::kGone:
      return error_response(503, "unavailable", error.message());
    case Error::Kind::kIo:
      break;
  }
  return error_response(500, "internal", error.message());
}

}  // namespace phlox::http
