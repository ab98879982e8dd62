#include "process/cgroup.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "process/proc_file.h"

namespace phlox::process {
namespace {

struct Group {
  std::string root;  // where its hierarchy is mounted
  std::string path;  // below that, from "/"
};

// Lines of /proc/PID/cgroup: "0::/path" (v2) or "4:cpu,cpuacct:/path" (v1).
std::optional<Group> group_of(std::string_view text) {
  std::optional<Group> unified;
  while (!text.empty()) {
    const auto newline = text.find('\n');
    const std::string_view line = text.substr(0, newline);
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    const auto first = line.find(':');
    const auto second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string controllers = fmt::format(",{},", line.substr(first + 1, second - first - 1));
    const std::string path(line.substr(second + 1));
    if (controllers.find(",cpu,") != std::string::npos) return Group{"/sys/fs/cgroup/cpu", path};
    if (controllers == ",,") unified = Group{"/sys/fs/cgroup", path};
  }
  return unified;
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  return parsed.ec == std::errc() ? std::optional(number) : std::nullopt;
}

std::string read_or_empty(const std::string& path) {
  auto text = read_proc_file(path);
  return text ? std::move(*text) : std::string();
}

// Cores that one group allows; nullopt for no limit.
std::optional<double> limit_of(const std::string& directory) {
  const std::string max = read_or_empty(directory + "/cpu.max");  // "200000 100000" or "max 100000"
  std::string_view quota_text = max;
  std::string_view period_text;
  std::string quota_v1;
  std::string period_v1;
  if (const auto blank = max.find(' '); blank != std::string::npos) {
    period_text = std::string_view(max).substr(blank + 1);
  } else {
    quota_v1 = read_or_empty(directory + "/cpu.cfs_quota_us");  // -1 for no limit
    period_v1 = read_or_empty(directory + "/cpu.cfs_period_us");
    quota_text = quota_v1;
    period_text = period_v1;
  }
  const auto quota = parse_number<double>(quota_text);
  const auto period = parse_number<double>(period_text);
  if (!quota || !period || *quota <= 0 || *period <= 0) return std::nullopt;
  return *quota / *period;
}

Nanoseconds throttled_of(const std::string& directory) {
  const std::string text = read_or_empty(directory + "/cpu.stat");
  if (const auto us = parse_number<std::int64_t>(field_of(text, "throttled_usec")))
    return std::chrono::microseconds(*us);
  if (const auto ns = parse_number<std::int64_t>(field_of(text, "throttled_time")))
    return Nanoseconds(*ns);
  return Nanoseconds::zero();
}

double allowed_cpus(pid_t pid) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(pid, sizeof set, &set) == 0) return CPU_COUNT(&set);
  return static_cast<double>(sysconf(_SC_NPROCESSORS_ONLN));
}

}  // namespace

Cgroup Cgroup::of(pid_t pid) {
  Cgroup cgroup;
  cgroup.pid_ = pid;
  const auto group = group_of(read_or_empty(fmt::format("/proc/{}/cgroup", pid)));
  if (!group) return cgroup;
  cgroup.name_ = group->root + group->path;
  for (std::string path = group->path;;) {
    cgroup.directories_.push_back(group->root + path);
    const auto slash = path.rfind('/');
    if (slash == std::string::npos || path.size() <= 1) break;
    path.resize(slash);
  }
  return cgroup;
}

bool Cgroup::is_limited() const {
  return std::ranges::any_of(
      directories_, [](const std::string& directory) { return limit_of(directory).has_value(); });
}

CgroupCpu Cgroup::read() const {
  CgroupCpu cpu{.limit_cores = allowed_cpus(pid_), .throttled_total = {}};
  for (const std::string& directory : directories_) {
    if (const auto limit = limit_of(directory)) cpu.limit_cores = std::min(cpu.limit_cores, *limit);
    cpu.throttled_total += throttled_of(directory);
  }
  return cpu;
}

}  // namespace phlox::process
