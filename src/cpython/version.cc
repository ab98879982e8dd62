#include "cpython/version.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <vector>

namespace phlox::cpython {
namespace {

constexpr std::size_t kMaxVariablesBytes = std::size_t{16} << 20;
constexpr std::size_t kMaxVersionChars = 32;
constexpr std::size_t kPieceBytes = std::size_t{64} << 10;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "3.8.18+ (" at the start of `text`.
std::optional<Version> parse_version(std::string_view text) {
  text = text.substr(0, kMaxVersionChars);
  text = text.substr(0, text.find(" ("));
  Version version;
  const char* end = text.data() + text.size();
  const auto major = std::from_chars(text.data(), end, version.major);
  if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.') return std::nullopt;
  const auto minor = std::from_chars(major.ptr + 1, end, version.minor);
  if (minor.ec != std::errc() || minor.ptr == end || *minor.ptr != '.') return std::nullopt;
  std::uint32_t patch = 0;
  const auto rest = std::from_chars(minor.ptr + 1, end, patch);
  // What may follow: a, b, rc and a number before a release; + after one.
  const auto plain = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || c == '+'; };
  if (rest.ec != std::errc() || !std::all_of(rest.ptr, end, plain)) return std::nullopt;
  version.text = text;
  return version;
}

}  // namespace

Version version_from_hex(std::uint64_t hex) {
  const auto byte = [hex](int shift) { return static_cast<std::uint32_t>(hex >> shift & 0xff); };
  return {.major = byte(24),
          .minor = byte(16),
          .text = fmt::format("{}.{}.{}", byte(24), byte(16), byte(8))};
}

std::optional<Version> find_version_text(std::span<const std::byte> bytes) {
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  constexpr std::string_view kBuildInfo = " (";
  for (auto at = text.find(kBuildInfo); at != std::string::npos;
       at = text.find(kBuildInfo, at + 1)) {
    // It stands at the start of its buffer, so a zero comes before it.
    const auto zero = text.rfind('\0', at);
    const std::size_t start = zero == std::string::npos ? 0 : zero + 1;
    if (at - start > kMaxVersionChars || at == start || !is_digit(text[start])) continue;
    if (auto version = parse_version(std::string_view(text).substr(start))) return version;
  }
  return std::nullopt;
}

std::optional<Version> find_version_text(const process::MemoryReader& memory,
                                         std::span<const process::MappedElf::Region> variables) {
  for (const auto& region : variables) {
    std::vector<std::byte> bytes(std::min<std::uint64_t>(region.size, kMaxVariablesBytes));
    // Piece by piece: what relocation has made unreadable or unmapped leaves a hole of zeros.
    for (std::size_t at = 0; at < bytes.size(); at += kPieceBytes)
      static_cast<void>(
          memory.read(region.start + at,
                      std::span(bytes).subspan(at, std::min(kPieceBytes, bytes.size() - at))));
    if (auto version = find_version_text(bytes)) return version;
  }
  return std::nullopt;
}

}  // namespace phlox::cpython
