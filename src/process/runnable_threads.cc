#include "process/runnable_threads.h"

#include <linux/magic.h>
#include <sys/vfs.h>

#include <charconv>
#include <utility>

namespace phlox::process {

std::optional<RunnableThreads> RunnableThreads::open() {
  constexpr const char* kPath = "/proc/loadavg";
  struct statfs system{};
  if (::statfs(kPath, &system) != 0 || system.f_type != PROC_SUPER_MAGIC) return std::nullopt;
  auto file = ProcFile::open(kPath);
  if (!file) return std::nullopt;
  RunnableThreads threads(std::move(*file));
  if (!threads.count()) return std::nullopt;
  return threads;
}

// "0.20 0.18 0.12 1/80 11206"
std::optional<int> RunnableThreads::parse(std::string_view text) {
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

}  // namespace phlox::process
