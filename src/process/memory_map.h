// The files and regions mapped into a process (proc(5), /proc/PID/maps).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "process/memory_reader.h"

namespace phlox::process {

struct Mapping {
  RemoteAddress start{};
  RemoteAddress end{};
  std::uint64_t file_offset = 0;
  bool executable = false;
  std::uint64_t inode = 0;  // 0 for anonymous memory
  std::string path;         // as the process sees it, without " (deleted)"; "" for anonymous memory
};

// kGone when the process has ended, kPermission when /proc hides it.
Result<std::vector<Mapping>> read_mappings(pid_t pid);

// Pure; lines that are not understood are left out.
std::vector<Mapping> parse_mappings(std::string_view text);

}  // namespace phlox::process
