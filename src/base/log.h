// The one log call. Lines go to stderr, one write each: "phlox: warning: message". Any thread.
// Results of a command go to stdout by fmt::print, never here.
#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace phlox {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

void set_log_level(LogLevel least);  // default kInfo
bool log_enabled(LogLevel level);
void write_log(LogLevel level, std::string_view message);

template <class... Args>
void log(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(level)) write_log(level, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace phlox
