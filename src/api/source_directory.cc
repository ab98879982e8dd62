#include "api/source_directory.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>

#include "base/utf8.h"

namespace phlox::api {
namespace {

constexpr std::size_t kMaxNameBytes = 4096;
constexpr std::size_t kMaxSteps = 64;

// Names of no file, and steps that lead upwards: "a/../b" may be another file than "b".
Result<> check_name(std::string_view file) {
  if (file.empty() || file.size() > kMaxNameBytes || file.find('\0') != std::string_view::npos)
    return Error::invalid("file: expected the name of a file, at most {} bytes", kMaxNameBytes);
  std::size_t steps = 0;
  for (std::string_view rest = file; !rest.empty(); ++steps) {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    if (rest.substr(0, end) == "..")
      return Error::invalid("file '{}': .. is not followed", as_utf8(file.substr(0, 80)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (steps > kMaxSteps) return Error::invalid("file: more than {} directories deep", kMaxSteps);
  return {};
}

UniqueFd open_beneath(int directory, const std::string& name) {
  open_how how{};
  // A pipe must not make us wait for its writer.
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return UniqueFd(
      static_cast<int>(::syscall(SYS_openat2, directory, name.c_str(), &how, sizeof how)));
}

Result<std::string> read_text(int fd, std::string_view name) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return Error::from_errno(errno, "look at a source file");
  if (!S_ISREG(status.st_mode)) return Error::invalid("{} is no file", name);
  std::string text(kMaxSourceBytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(fd, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error::from_errno(errno, "read a source file");
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > kMaxSourceBytes)
    return Error::limit("{} is larger than {} bytes", name, kMaxSourceBytes);
  text.resize(size);
  if (!is_utf8(text) || text.find('\0') != std::string::npos)
    return Error::invalid("{} is no text in UTF-8", name);
  return text;
}

}  // namespace

Result<SourceDirectory> SourceDirectory::open(const std::string& path) {
  UniqueFd directory(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return Error::from_errno(errno, fmt::format("open {}", path));
  if (!open_beneath(directory.get(), ".") && errno == ENOSYS)
    return Error::io("open {}: source files are shown on Linux 5.6 and later", path);
  return SourceDirectory(std::move(directory));
}

Result<std::string> SourceDirectory::read(std::string_view file) const {
  PHLOX_TRY(check_name(file));
  for (std::string_view rest = file; !rest.empty();) {
    const std::string name(rest.substr(std::min(rest.find_first_not_of('/'), rest.size())));
    if (name.empty()) break;
    const UniqueFd opened = open_beneath(directory_.get(), name);
    if (opened) return read_text(opened.get(), as_utf8(name));
    if (errno == EACCES) return Error::from_errno(errno, fmt::format("open {}", as_utf8(name)));
    const std::size_t slash = name.find('/');
    rest = slash == std::string::npos ? std::string_view()
                                      : rest.substr(rest.size() - (name.size() - slash));
  }
  return Error::not_found("the source directory has no {}", as_utf8(file));
}

}  // namespace phlox::api
