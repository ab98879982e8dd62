#include "base/log.h"

#include <unistd.h>

#include <atomic>
#include <string>

namespace phlox {
namespace {

std::atomic<LogLevel> least_level = LogLevel::kInfo;

std::string_view prefix(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "phlox: debug: ";
    case LogLevel::kInfo:
      return "phlox: ";
    case LogLevel::kWarning:
      return "phlox: warning: ";
    case LogLevel::kError:
      return "phlox: error: ";
  }
  return "phlox: ";
}

}  // namespace

void set_log_level(LogLevel least) { least_level = least; }

bool log_enabled(LogLevel level) { return level >= least_level.load(std::memory_order_relaxed); }

void write_log(LogLevel level, std::string_view message) {
  const std::string line = fmt::format("{}{}\n", prefix(level), message);
  // One write keeps lines of several threads whole. Nothing sensible is left to do when stderr is
  // gone.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace phlox
