#include "process/proc_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace phlox::process {
namespace {

constexpr std::size_t kMaxFileBytes = 16u << 20;  // maps of a process with 100,000 mappings

Result<UniqueFd> open_file(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd) return fd;
  // In /proc what is missing has ended.
  return Error::from_errno(errno == ENOENT ? ESRCH : errno, "open " + path);
}

}  // namespace

Result<std::string> read_proc_file(const std::string& path) {
  PHLOX_TRY(const UniqueFd fd, open_file(path));
  std::array<char, 4096> buffer;  // most files of /proc give no more at once
  std::string text;
  while (text.size() < kMaxFileBytes) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0) return Error::from_errno(errno, "read " + path);
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return Error::limit("{} has more than {} bytes", path, kMaxFileBytes);
}

Result<ProcFile> ProcFile::open(const std::string& path) {
  PHLOX_TRY(UniqueFd fd, open_file(path));
  return ProcFile(std::move(fd));
}

std::string_view ProcFile::read() const {
  static thread_local std::array<char, 1024> buffer;
  const ssize_t got = ::pread(fd_.get(), buffer.data(), buffer.size(), 0);
  return {buffer.data(), static_cast<std::size_t>(got > 0 ? got : 0)};
}

std::string_view field_of(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const auto newline = text.find('\n');
    std::string_view line = text.substr(0, newline);
    if (line.starts_with(key) && line.size() > key.size() &&
        (line[key.size()] == ':' || line[key.size()] == ' ')) {
      line.remove_prefix(key.size() + 1);
      const auto begin = line.find_first_not_of(" \t");
      return begin == std::string_view::npos ? std::string_view() : line.substr(begin);
    }
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
  }
  return {};
}

}  // namespace phlox::process
