#include "sampler/ebpf_program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <python_stack.skel.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstdio>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "cpython/stack_reader.h"

namespace phlox::sampler {
namespace {

constexpr const char* kKernelTypes = "/sys/kernel/btf/vmlinux";
constexpr std::array<int, 2> kLeastKernel = {5, 17};  // bpf_loop
constexpr std::size_t kMaxCpus = 4'096;

// Room for this long on all CPUs at once, with stacks of usual depth.
constexpr double kRingSeconds = 1;
constexpr double kUsualRecordBytes = 1'024;
constexpr double kUsualNativeBytes = 16'384;
// With so much of it in use the agent is woken up.
constexpr std::uint32_t kAlarmPart = 4;
constexpr std::uint32_t kLeastRingBytes = 256u << 10;
constexpr std::uint32_t kMostRingBytes = 8u << 20;
constexpr std::uint32_t kMostNativeRingBytes = 64u << 20;

static_assert(PHLOX_MAX_FRAMES == cpython::kMaxRawFrames);

int log_libbpf(enum libbpf_print_level, const char* format, va_list arguments) {
  if (!log_enabled(LogLevel::kDebug)) return 0;
  std::array<char, 4'096> line{};
  const int size = std::vsnprintf(line.data(), line.size(), format, arguments);
  write_log(LogLevel::kDebug, fmt::format("libbpf: {}", line.data()));
  return size;
}

bool kernel_is_older_than(std::array<int, 2> least, const utsname& name) {
  std::array<int, 2> version{};
  return std::sscanf(name.release, "%d.%d", &version[0], &version[1]) == 2 && version < least;
}

// What to tell a user for whom `doing` failed.
Error explain(int error_number, std::string_view doing) {
  utsname name{};
  ::uname(&name);
  if (kernel_is_older_than(kLeastKernel, name))
    return Error::invalid("it needs Linux {}.{}; this is {}", kLeastKernel[0], kLeastKernel[1],
                          name.release);
  if (::access(kKernelTypes, R_OK) != 0)
    return Error::invalid("this kernel does not describe its types: {} is missing", kKernelTypes);
  if (error_number == EPERM || error_number == EACCES)
    return Error::permission("{} is not permitted; run as root or grant CAP_BPF and CAP_PERFMON",
                             doing);
  return Error::from_errno(error_number, doing);
}

std::uint32_t ring_bytes(double rate_hz, bool with_native_stacks) {
  const double record = kUsualRecordBytes + (with_native_stacks ? kUsualNativeBytes : 0);
  const double most = with_native_stacks ? kMostNativeRingBytes : kMostRingBytes;
  const double needed = rate_hz * libbpf_num_possible_cpus() * kRingSeconds * record;
  return std::bit_ceil(
      static_cast<std::uint32_t>(std::clamp<double>(needed, kLeastRingBytes, most)));
}

std::uint64_t period_ns(double rate_hz) {
  return static_cast<std::uint64_t>(std::llround(1e9 / rate_hz / PHLOX_TICKS_PER_LOOK));
}

}  // namespace

void EbpfProgram::Destroy::operator()(python_stack* skeleton) const {
  python_stack__destroy(skeleton);
}
void EbpfProgram::Destroy::operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
void EbpfProgram::Destroy::operator()(bpf_link* link) const { bpf_link__destroy(link); }

EbpfProgram::EbpfProgram(Parts parts) : parts_(parts) {}
EbpfProgram::~EbpfProgram() = default;

Result<std::unique_ptr<EbpfProgram>> EbpfProgram::load(double rate_hz, Parts parts) {
  std::unique_ptr<EbpfProgram> program(new EbpfProgram(parts));
  PHLOX_TRY(program->load_into_kernel(rate_hz));
  PHLOX_TRY(program->start_clocks(rate_hz));
  return program;
}

Result<> EbpfProgram::load_into_kernel(double rate_hz) {
  constexpr std::string_view kDoing = "loading a BPF program";
  libbpf_set_print(log_libbpf);
  skeleton_.reset(python_stack__open());
  if (!skeleton_) return explain(errno, kDoing);
  const std::uint32_t bytes = ring_bytes(rate_hz, parts_.native_stacks);
  bpf_map__set_max_entries(skeleton_->maps.samples, bytes);
  skeleton_->rodata->ring_alarm_bytes = bytes / kAlarmPart;
  skeleton_->rodata->with_native_stacks = parts_.native_stacks;
  skeleton_->rodata->with_tasks = parts_.tasks;
  if (parts_.native_stacks)
    bpf_map__set_max_entries(skeleton_->maps.native_stacks,
                             static_cast<std::uint32_t>(libbpf_num_possible_cpus()));
  if (const int error = python_stack__load(skeleton_.get()); error != 0)
    return explain(-error, kDoing);

  const auto consume = [](void* self, void* record, std::size_t) {
    const Sinks& sinks = static_cast<EbpfProgram*>(self)->sinks_;
    switch (*static_cast<const __u32*>(record)) {  // all begin with it
      case PHLOX_SAMPLE:
        sinks.sample(*static_cast<const phlox_sample*>(record));
        break;
      case PHLOX_TASK:
        sinks.task(*static_cast<const phlox_task*>(record));
        break;
      case PHLOX_END:
        sinks.end(*static_cast<const phlox_end*>(record));
        break;
      default:
        sinks.native_stack(*static_cast<const phlox_native_stack*>(record));
    }
    return 0;
  };
  ring_.reset(ring_buffer__new(bpf_map__fd(skeleton_->maps.samples), consume, this, nullptr));
  if (!ring_) return explain(errno, "mapping a ring buffer");

  LIBBPF_OPTS(bpf_test_run_opts, run);
  if (bpf_prog_test_run_opts(bpf_program__fd(skeleton_->progs.find_own_level), &run) != 0)
    return explain(errno, "running a BPF program");
  for (const bpf_program* program : {skeleton_->progs.on_fork, skeleton_->progs.on_exec,
                                     skeleton_->progs.on_exit, skeleton_->progs.on_free}) {
    links_.emplace_back(bpf_program__attach(program));
    if (!links_.back())
      return explain(errno, "attaching a BPF program to what becomes of processes");
  }
  return {};
}

Result<> EbpfProgram::start_clocks(double rate_hz) {
  perf_event_attr clock{};
  clock.size = sizeof clock;
  clock.type = PERF_TYPE_SOFTWARE;
  clock.config = PERF_COUNT_SW_CPU_CLOCK;
  clock.sample_period = period_ns(rate_hz);
  clock.disabled = 1;
  const int cpus = std::min<int>(libbpf_num_possible_cpus(), kMaxCpus);
  for (int cpu = 0; cpu < cpus; ++cpu) {
    UniqueFd fd(static_cast<int>(
        ::syscall(SYS_perf_event_open, &clock, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC)));
    if (!fd && errno == ENODEV) continue;  // it is not online
    if (!fd) return explain(errno, "opening the clock of a CPU");
    if (::ioctl(fd.get(), PERF_EVENT_IOC_SET_BPF, bpf_program__fd(skeleton_->progs.on_tick)) != 0)
      return explain(errno, "attaching a BPF program to the clock of a CPU");
    if (::ioctl(fd.get(), PERF_EVENT_IOC_ENABLE, 0) != 0)
      return explain(errno, "starting the clock of a CPU");
    clocks_.push_back(std::move(fd));
  }
  if (clocks_.empty()) return Error::io("no CPU has a clock that can be sampled");
  return {};
}

Result<> EbpfProgram::add(const UniqueFd& process, const phlox_target& target) {
  const int fd = process.get();
  if (bpf_map_update_elem(bpf_map__fd(skeleton_->maps.targets), &fd, &target, BPF_ANY) != 0)
    return Error::from_errno(errno, "hand a process over to the kernel");
  return {};
}

void EbpfProgram::remove(const UniqueFd& process) {
  const int fd = process.get();
  bpf_map_delete_elem(bpf_map__fd(skeleton_->maps.targets), &fd);  // or it has gone by itself
}

bool EbpfProgram::watch(const UniqueFd& process) {
  const int fd = process.get();
  const std::uint32_t watched = 1;
  return bpf_map_update_elem(bpf_map__fd(skeleton_->maps.watched), &fd, &watched, BPF_ANY) == 0;
}

std::uint64_t EbpfProgram::process_changes() const {
  return std::atomic_ref(skeleton_->bss->process_changes).load(std::memory_order_relaxed);
}

int EbpfProgram::ring_file() const { return bpf_map__fd(skeleton_->maps.samples); }

void EbpfProgram::set_rate(double rate_hz) {
  std::uint64_t period = period_ns(rate_hz);
  for (const UniqueFd& clock : clocks_) ::ioctl(clock.get(), PERF_EVENT_IOC_PERIOD, &period);
}

void EbpfProgram::consume(Sinks sinks) {
  sinks_ = std::move(sinks);
  const auto now = Clock::system().steady_now().time_since_epoch();
  std::atomic_ref(skeleton_->bss->drained_ns).store(static_cast<__u64>(now.count()));
  std::atomic_ref(skeleton_->bss->has_news).store(0);  // before the ring is looked at: see news.h
  ring_buffer__consume(ring_.get());
  sinks_ = {};
}

EbpfProgram::Counts EbpfProgram::counts() const {
  const std::uint32_t only = 0;
  std::vector<phlox_cpu> cpus(static_cast<std::size_t>(libbpf_num_possible_cpus()));
  Counts counts;
  if (bpf_map_lookup_elem(bpf_map__fd(skeleton_->maps.cpus), &only, cpus.data()) != 0)
    return counts;
  for (const phlox_cpu& cpu : cpus) {
    counts.looks = std::max<std::uint64_t>(counts.looks, cpu.looks);
    counts.samples += cpu.samples;
    counts.lost += cpu.lost;
  }
  return counts;
}

}  // namespace phlox::sampler
