#include "process/thread_stat.h"

#include <unistd.h>

#include <array>
#include <charconv>
#include <ctime>
#include <span>

namespace phlox::process {
namespace {

// Fields of /proc/PID/stat are counted from 1 in proc(5); the first after the name in parentheses
// is 3.
constexpr int kFirstAfterName = 3;
constexpr int kReapedUserTime = 16;  // the system time follows
constexpr int kStartTime = 22;
constexpr int kStartStack = 28;
constexpr int kProcessor = 39;

// Reads whole numbers separated by blanks.
class NumberReader {
 public:
  explicit NumberReader(std::string_view text) : rest_(text) {}
  std::optional<std::int64_t> next() {
    const auto begin = rest_.find_first_not_of(' ');
    if (begin == std::string_view::npos) return std::nullopt;
    rest_.remove_prefix(begin);
    // Addresses use all 64 bits, so they are read unsigned and kept as bits.
    std::uint64_t value = 0;
    const bool negative = rest_.starts_with('-');
    const char* last = rest_.data() + rest_.size();
    const auto parsed = std::from_chars(rest_.data() + (negative ? 1 : 0), last, value);
    if (parsed.ec != std::errc()) return std::nullopt;
    rest_ = std::string_view(parsed.ptr, static_cast<std::size_t>(last - parsed.ptr));
    return negative ? -static_cast<std::int64_t>(value) : static_cast<std::int64_t>(value);
  }
  std::optional<std::int64_t> skip_to(int count) {
    for (int i = 0; i < count; ++i) {
      if (!next()) return std::nullopt;
    }
    return next();
  }

 private:
  std::string_view rest_;
};

// What follows "PID (name) "; the name may itself hold parentheses and blanks.
std::string_view after_name(std::string_view text) {
  const auto close = text.rfind(')');
  return close == std::string_view::npos || close + 2 > text.size() ? std::string_view()
                                                                    : text.substr(close + 2);
}

// In which /proc tells times.
Nanoseconds clock_tick() {
  static const Nanoseconds kTick(1'000'000'000 / ::sysconf(_SC_CLK_TCK));
  return kTick;
}

}  // namespace

std::optional<SchedStat> parse_schedstat(std::string_view text) {
  NumberReader numbers(text);
  std::array<std::uint64_t, 3> values{};
  for (auto& value : values) {
    const auto number = numbers.next();
    if (!number) return std::nullopt;
    value = static_cast<std::uint64_t>(*number);
  }
  return SchedStat{values[0], values[1], values[2]};
}

std::optional<ThreadStat> parse_thread_stat(std::string_view text) {
  const std::string_view rest = after_name(text);
  if (rest.size() < 2) return std::nullopt;
  NumberReader numbers(rest.substr(1));
  const auto cpu = numbers.skip_to(kProcessor - kFirstAfterName - 1);
  if (!cpu) return std::nullopt;
  return ThreadStat{rest[0], static_cast<int>(*cpu)};
}

std::optional<ProcessStat> parse_process_stat(std::string_view text) {
  const std::string_view rest = after_name(text);
  if (rest.size() < 2) return std::nullopt;
  NumberReader numbers(rest.substr(1));
  const auto parent = numbers.next();
  const auto user_time = numbers.skip_to(kReapedUserTime - kFirstAfterName - 2);
  const auto system_time = numbers.next();
  const auto start_time = numbers.skip_to(kStartTime - kReapedUserTime - 2);
  const auto stack_start = numbers.skip_to(kStartStack - kStartTime - 1);
  if (!parent || !user_time || !system_time || !start_time || !stack_start) return std::nullopt;
  return ProcessStat{.state = rest[0],
                     .parent = static_cast<pid_t>(*parent),
                     .reaped = (*user_time + *system_time) * clock_tick(),
                     .identity = {.start_time = static_cast<std::uint64_t>(*start_time),
                                  .stack_start = static_cast<std::uint64_t>(*stack_start)}};
}

Result<ProcessStat> process_stat(pid_t pid) {
  PHLOX_TRY(const std::string text, read_proc_file(fmt::format("/proc/{}/stat", pid)));
  const auto stat = parse_process_stat(text);
  if (!stat) return Error::gone("process {} has ended", pid);
  return *stat;
}

Result<Nanoseconds> process_age(pid_t pid) {
  PHLOX_TRY(const ProcessStat stat, process_stat(pid));
  timespec now{};
  static_cast<void>(::clock_gettime(CLOCK_BOOTTIME, &now));
  const Nanoseconds started = static_cast<std::int64_t>(stat.identity.start_time) * clock_tick();
  return std::chrono::seconds(now.tv_sec) + Nanoseconds(now.tv_nsec) - started;
}

Result<ThreadFiles> ThreadFiles::open_in(std::string directory) {
  ThreadFiles files;
  PHLOX_TRY(files.sched_stat_, ProcFile::open(directory + "schedstat"));
  PHLOX_TRY(files.stat_, ProcFile::open(directory + "stat"));
  files.directory_ = std::move(directory);
  return files;
}

Result<ThreadFiles> ThreadFiles::open(pid_t pid, pid_t tid) {
  return open_in(fmt::format("/proc/{}/task/{}/", pid, tid));
}

Result<ThreadFiles> ThreadFiles::open_own() { return open_in("/proc/thread-self/"); }

std::optional<std::uint64_t> ThreadFiles::exec_start_ns() {
  if (!sched_.is_open()) {
    auto file = ProcFile::open(directory_ + "sched");
    if (!file) return std::nullopt;
    sched_ = std::move(*file);
  }
  return parse_exec_start(sched_.read());
}

std::string_view ThreadFiles::read_syscall() {
  if (!syscall_.is_open()) {
    auto file = ProcFile::open(directory_ + "syscall");
    if (!file) return "";
    syscall_ = std::move(*file);
  }
  return syscall_.read();
}

std::optional<std::uint64_t> ThreadFiles::blocked_on() {
  return parse_first_argument(read_syscall());
}

std::optional<UserPlace> ThreadFiles::user_place() { return parse_user_place(read_syscall()); }

// The last two numbers of "202 0x7f12a0 0x189 ..." or "-1 0x7ffd10 0x7f11b3"; "running" has none.
std::optional<UserPlace> parse_user_place(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  UserPlace place;
  for (std::uint64_t* number : {&place.instruction, &place.stack_pointer}) {
    const auto prefix = text.rfind(" 0x");
    if (prefix == std::string_view::npos) return std::nullopt;
    const std::string_view digits = text.substr(prefix + 3);
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), *number, 16);
    if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size())
      return std::nullopt;
    text = text.substr(0, prefix);
  }
  return place;
}

// "202 0x7f12a0 0x189 ...": the number of the call, then its arguments; "running" or "-1 ..." if
// there is none.
std::optional<std::uint64_t> parse_first_argument(std::string_view text) {
  const auto prefix = text.find(" 0x");
  if (prefix == std::string_view::npos || text.starts_with('-')) return std::nullopt;
  text.remove_prefix(prefix + 3);
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return parsed.ec == std::errc() ? std::optional(value) : std::nullopt;
}

// A line "se.exec_start   :   3013070.097546", in milliseconds with six digits behind the point.
std::optional<std::uint64_t> parse_exec_start(std::string_view text) {
  const auto key = text.find("se.exec_start");
  const auto colon = key == std::string_view::npos ? key : text.find(':', key);
  if (colon == std::string_view::npos) return std::nullopt;
  text.remove_prefix(colon + 1);
  std::uint64_t ns = 0;
  int digits_behind_point = -1;
  for (const char c : text) {
    if (c == '\n') break;
    if (c == '.') digits_behind_point = 0;
    if (c < '0' || c > '9') continue;
    ns = ns * 10 + static_cast<std::uint64_t>(c - '0');
    if (digits_behind_point >= 0) ++digits_behind_point;
  }
  return digits_behind_point == 6 ? std::optional(ns) : std::nullopt;
}

std::optional<std::uint64_t> process_cpu_ns(pid_t pid) {
  // The clock id that clock_getcpuclockid(3) computes, without its system call: ~pid << 3 |
  // CPUCLOCK_SCHED.
  const auto clock = static_cast<clockid_t>((~static_cast<unsigned>(pid) << 3) | 2u);
  timespec now{};
  if (clock_gettime(clock, &now) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
         static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace phlox::process
