// Reading files of /proc: whole ones once, and short ones again and again from an open descriptor.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace phlox::process {

// A file that never grows without bound. A path that is missing because the process has ended is
// kGone.
Result<std::string> read_proc_file(const std::string& path);

// Keeps a descriptor and reads from the beginning each time: no allocation, no path walk. One
// thread at a time.
class ProcFile {
 public:
  ProcFile() = default;
  static Result<ProcFile> open(const std::string& path);
  bool is_open() const { return static_cast<bool>(fd_); }
  // The first 1024 bytes; empty when the process or thread has ended. Valid until the calling
  // thread reads any ProcFile again.
  std::string_view read() const;

 private:
  explicit ProcFile(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

// "N" of a line "Key:\tN..." in files such as /proc/PID/status; "" if there is none.
std::string_view field_of(std::string_view text, std::string_view key);

}  // namespace phlox::process
