#include "process/process_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>

#include "process/load_average.h"
#include "process/proc_file.h"

namespace phlox::process {
namespace {

std::optional<pid_t> parse_pid(std::string_view text) {
  pid_t pid = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (parsed.ec != std::errc() || pid <= 0) return std::nullopt;
  return pid;
}

// getdents64(2): opendir would allocate each time.
struct DirectoryEntry {
  std::uint64_t inode;
  std::int64_t offset;
  std::uint16_t size;
  std::uint8_t type;
  char name[1];
};

}  // namespace

bool process_exists(pid_t pid) { return ::kill(pid, 0) == 0 || errno == EPERM; }

std::vector<pid_t> list_processes() {
  std::vector<pid_t> pids;
  std::error_code ended;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ended)) {
    if (const auto pid = parse_pid(entry.path().filename().native())) pids.push_back(*pid);
  }
  return pids;
}

std::vector<std::string> command_of(pid_t pid) {
  std::vector<std::string> command;
  const auto text = read_proc_file(fmt::format("/proc/{}/cmdline", pid));
  std::string_view rest = text ? std::string_view(*text) : std::string_view();
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\0'), rest.size());
    command.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return command;
}

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  auto directory = ThreadDirectory::open(pid);
  std::vector<pid_t> tids;
  if (!directory || !directory->list(tids)) return children;
  for (const pid_t tid : tids) {
    const auto text = read_proc_file(fmt::format("/proc/{}/task/{}/children", pid, tid));
    if (!text) continue;
    std::string_view rest = *text;
    while (!rest.empty() && children.size() < kMaxChildren) {
      const auto blank = rest.find(' ');
      if (const auto child = parse_pid(rest.substr(0, blank))) children.push_back(*child);
      rest.remove_prefix(blank == std::string_view::npos ? rest.size() : blank + 1);
    }
  }
  return children;
}

std::optional<pid_t> newest_pid() {
  const auto text = read_proc_file("/proc/loadavg");
  return text ? LoadAverage::parse_newest_pid(*text) : std::nullopt;
}

std::optional<pid_t> parent_of(pid_t pid) {
  const auto status = read_proc_file(fmt::format("/proc/{}/status", pid));
  if (!status || parse_pid(field_of(*status, "Tgid")) != pid) return std::nullopt;
  return parse_pid(field_of(*status, "PPid"));
}

Result<ThreadDirectory> ThreadDirectory::open(pid_t pid) {
  ThreadDirectory directory;
  const std::string path = fmt::format("/proc/{}/task", pid);
  directory.fd_ = UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.fd_) return Error::from_errno(errno == ENOENT ? ESRCH : errno, "open " + path);
  return directory;
}

bool ThreadDirectory::list(std::vector<pid_t>& tids) {
  tids.clear();
  if (::lseek(fd_.get(), 0, SEEK_SET) < 0) return false;
  alignas(DirectoryEntry) std::array<char, 8192> buffer;
  while (tids.size() < kMaxThreads) {
    const long got = ::syscall(SYS_getdents64, fd_.get(), buffer.data(), buffer.size());
    if (got <= 0) break;
    for (long at = 0; at < got;) {
      const char* entry = buffer.data() + at;
      std::uint16_t size = 0;
      std::memcpy(&size, entry + offsetof(DirectoryEntry, size), sizeof size);
      if (const auto tid = parse_pid(entry + offsetof(DirectoryEntry, name))) tids.push_back(*tid);
      at += size;
    }
  }
  return !tids.empty();
}

// The links of a directory are itself, its parent's, and one a subdirectory (kernel,
// fs/proc/base.c: proc_task_getattr).
std::optional<std::size_t> ThreadDirectory::count() const {
  constexpr nlink_t kWithoutThreads = 2;
  struct stat status{};
  if (::fstat(fd_.get(), &status) != 0 || status.st_nlink <= kWithoutThreads) return std::nullopt;
  return status.st_nlink - kWithoutThreads;
}

Result<pid_t> tid_in_own_namespace(pid_t pid, pid_t tid) {
  PHLOX_TRY(const std::string status,
            read_proc_file(fmt::format("/proc/{}/task/{}/status", pid, tid)));
  const std::string_view ids = field_of(status, "NSpid");
  std::string_view last = ids.substr(0, ids.find('\n'));
  if (const auto tab = last.rfind('\t'); tab != std::string_view::npos) last.remove_prefix(tab + 1);
  const auto own = parse_pid(last);
  if (!own) return Error::corrupt("thread {} of process {}: no NSpid in its status", tid, pid);
  return *own;
}

bool in_our_pid_namespace(pid_t pid) {
  struct stat ours{};
  struct stat theirs{};
  if (::stat("/proc/self/ns/pid", &ours) != 0) return true;
  if (::stat(fmt::format("/proc/{}/ns/pid", pid).c_str(), &theirs) != 0) return true;
  return ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev;
}

}  // namespace phlox::process
