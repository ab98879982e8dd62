#include "process/memory_map.h"

#include <charconv>

#include "process/proc_file.h"

namespace phlox::process {
namespace {

// Takes "55d0-55e0 r-xp 00001000 fe:00 1234   /path" apart.
bool parse_line(std::string_view line, Mapping& mapping) {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  const char* last = line.data() + line.size();
  auto at = std::from_chars(line.data(), last, start, 16);
  if (at.ec != std::errc() || at.ptr == last || *at.ptr != '-') return false;
  at = std::from_chars(at.ptr + 1, last, end, 16);
  if (at.ec != std::errc() || last - at.ptr < 7) return false;
  mapping.executable = at.ptr[3] == 'x';
  at = std::from_chars(at.ptr + 6, last, mapping.file_offset, 16);
  if (at.ec != std::errc()) return false;
  mapping.start = RemoteAddress{start};
  mapping.end = RemoteAddress{end};
  // The device, "fe:00", the inode, and the path, which is what begins with '/' or '['.
  std::string_view rest(at.ptr, static_cast<std::size_t>(last - at.ptr));
  if (const auto device = rest.find(':'); device != std::string_view::npos) {
    if (const auto inode = rest.find(' ', device); inode != std::string_view::npos)
      std::from_chars(rest.data() + inode + 1, last, mapping.inode);
  }
  if (const auto path = rest.find_first_of("/["); path != std::string_view::npos) {
    rest.remove_prefix(path);
    constexpr std::string_view kDeleted = " (deleted)";
    if (rest.ends_with(kDeleted)) rest.remove_suffix(kDeleted.size());
    mapping.path = rest;
  }
  return true;
}

}  // namespace

std::vector<Mapping> parse_mappings(std::string_view text) {
  std::vector<Mapping> mappings;
  while (!text.empty()) {
    const auto newline = text.find('\n');
    Mapping mapping;
    if (parse_line(text.substr(0, newline), mapping)) mappings.push_back(std::move(mapping));
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
  }
  return mappings;
}

Result<std::vector<Mapping>> read_mappings(pid_t pid) {
  PHLOX_TRY(const std::string text, read_proc_file(fmt::format("/proc/{}/maps", pid)));
  return parse_mappings(text);
}

}  // namespace phlox::process
