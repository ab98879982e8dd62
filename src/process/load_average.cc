#include "process/load_average.h"

#include <linux/magic.h>
#include <sys/vfs.h>

#include <charconv>
#include <utility>

namespace phlox::process {

std::optional<LoadAverage> LoadAverage::open() {
  constexpr const char* kPath = "/proc/loadavg";
  struct statfs system{};
  if (::statfs(kPath, &system) != 0 || system.f_type != PROC_SUPER_MAGIC) return std::nullopt;
  auto file = ProcFile::open(kPath);
  if (!file) return std::nullopt;
  LoadAverage average(std::move(*file));
  if (!average.runnable_threads()) return std::nullopt;
  return average;
}

// "0.20 0.18 0.12 1/80 11206"
std::optional<int> LoadAverage::parse_runnable_threads(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto blank = text.rfind(' ', slash);
  if (blank == std::string_view::npos) return std::nullopt;
  int count = 0;
  const auto parsed = std::from_chars(text.data() + blank + 1, text.data() + slash, count);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + slash || count < 1)
    return std::nullopt;
  return count;
}

std::optional<pid_t> LoadAverage::parse_newest_pid(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  const auto blank = text.rfind(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  pid_t pid = 0;
  const auto parsed = std::from_chars(text.data() + blank + 1, text.data() + text.size(), pid);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || pid <= 0)
    return std::nullopt;
  return pid;
}

}  // namespace phlox::process
