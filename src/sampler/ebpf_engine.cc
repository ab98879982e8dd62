#include "sampler/ebpf_engine.h"

#include <sys/syscall.h>

#include <algorithm>
#include <cstring>

#include "base/log.h"
#include "process/thread_stat.h"
#include "sampler/open_files.h"

namespace phlox::sampler {
namespace {

// The grid of ticks from which looks are drawn gets another period every so many looks, so that
// it does not stay in step with periodic work either; by so little that the rate is what was asked.
constexpr double kLooksPerPeriod = 100;
constexpr double kPeriodSpread = 0.005;
// The kernel tells of a process that has ended when nobody looks at it any more (RCU): after some
// milliseconds, or some tens of them.
constexpr Nanoseconds kEndTold = std::chrono::milliseconds(250);
// Where nothing new was met nobody waits for what the ring holds.
constexpr Nanoseconds kLongestDrainInterval = std::chrono::milliseconds(750);
constexpr Nanoseconds kLeastRenewal = std::chrono::seconds(1);
// Ticks get lost when the machine takes a CPU away; the next ones come a little faster for it.
constexpr double kMostCatchingUp = 0.03;

static_assert(sizeof(phlox_frame) == sizeof(cpython::RawFrame));
static_assert(PHLOX_NONE == cpython::kNone);
static_assert(PHLOX_KIND_PYTHON == static_cast<int>(cpython::RawFrameKind::kPython));
static_assert(PHLOX_KIND_LOOP == static_cast<int>(cpython::RawFrameKind::kLoop));
static_assert(PHLOX_KIND_COLLECTION == static_cast<int>(cpython::RawFrameKind::kCollection));

// What each sample needs of a PyThreadState: first and last byte.
std::pair<std::uint32_t, std::uint32_t> thread_range(const cpython::Layout& layout) {
  std::pair<std::uint32_t, std::uint32_t> range{layout.thread_identity(), layout.thread_identity()};
  for (const std::uint32_t member : {layout.thread_cframe, layout.thread_current_frame}) {
    if (member == cpython::kNone) continue;
    range = {std::min(range.first, member), std::max(range.second, member)};
  }
  return {range.first, range.second + sizeof(__u64)};
}

phlox_layout layout_for_kernel(const cpython::Layout& layout) {
  const auto [thread_from, thread_to] = thread_range(layout);
  return {.runtime_interpreters_head = layout.runtime_interpreters_head,
          .interpreter_next = layout.interpreter_next,
          .interpreter_threads_head = layout.interpreter_threads_head,
          .interpreter_gc_collecting = layout.interpreter_gc_collecting,
          .interpreter_gil = layout.interpreter_gil,
          .runtime_gil = layout.runtime_gil,
          .gil_last_holder = layout.gil_last_holder,
          .gil_locked = layout.gil_locked,
          .thread_next = layout.thread_next,
          .thread_native_id = layout.thread_native_id,
          .thread_pthread_id = layout.thread_pthread_id,
          .thread_cframe = layout.thread_cframe,
          .cframe_current_frame = layout.cframe_current_frame,
          .cframe_previous = layout.cframe_previous,
          .thread_current_frame = layout.thread_current_frame,
          .thread_datastack_chunk = layout.thread_datastack_chunk,
          .thread_datastack_top = layout.thread_datastack_top,
          .thread_exc_info = layout.thread_exc_info,
          .exc_info_previous = layout.exc_info_previous,
          .generator_exc_state = layout.generator_exc_state,
          .generator_frame = layout.generator_frame,
          .frame_size = layout.frame_size,
          .frame_code = layout.frame_code,
          .frame_code_tag = layout.frame_code_tag,
          .frame_previous = layout.frame_previous,
          .frame_instruction = layout.frame_instruction,
          .frame_last_instruction = layout.frame_last_instruction,
          .frame_last_instruction_unit = layout.frame_last_instruction_unit,
          .frame_owner = layout.frame_owner,
          .frame_owner_c_stack = layout.frame_owner_c_stack,
          .frame_owner_generator = layout.frame_owner_generator,
          .frame_is_entry = layout.frame_is_entry,
          .code_frame_size = layout.code_frame_size,
          .generator_frame_object = layout.generator_frame_object,
          .object_type = layout.object_type,
          .type_flags = layout.type_flags,
          .string_length = layout.string_length,
          .string_state = layout.string_state,
          .string_kind_shift = layout.string_kind_shift,
          .string_ascii_shift = layout.string_ascii_shift,
          .string_ascii_data = layout.string_ascii_data,
          .string_compact_data = layout.string_compact_data,
          .dict_keys = layout.dict_keys,
          .keys_index_size = layout.keys_index_size,
          .keys_kind = layout.keys_kind,
          .keys_entry_count = layout.keys_entry_count,
          .keys_indices = layout.keys_indices,
          .task_coro = layout.task_coro,
          .task_name = layout.task_name,
          .task_awaited_by = layout.task_awaited_by,
          .task_awaited_by_is_set = layout.task_awaited_by_is_set,
          .task_is_task = layout.task_is_task,
          .thread_running_task = layout.thread_running_task,
          .thread_from = thread_from,
          .thread_bytes = thread_to - thread_from};
}

// The number of a target in the kernel: 0 is kept for no target.
std::uint32_t number_of(TargetId id) { return static_cast<std::uint32_t>(id) + 1; }

EventKind kind_of(std::uint32_t status) {
  if (status == PHLOX_NATIVE) return EventKind::kNative;
  return status == PHLOX_UNREADABLE ? EventKind::kUnreadable : EventKind::kSample;
}

}  // namespace

Result<std::unique_ptr<EbpfEngine>> EbpfEngine::open(double rate_hz, Nanoseconds window,
                                                     NativeFrames native, bool tasks,
                                                     const Clock& clock) {
  PHLOX_TRY(auto program, EbpfProgram::load(rate_hz, {.native_stacks = native == NativeFrames::kYes,
                                                      .tasks = tasks}));
  allow_many_open_files();
  return std::unique_ptr<EbpfEngine>(
      new EbpfEngine(std::move(program), rate_hz, window, native, tasks, clock));
}

EbpfEngine::EbpfEngine(std::unique_ptr<EbpfProgram> program, double rate_hz, Nanoseconds window,
                       NativeFrames native, bool tasks, const Clock& clock)
    : rate_hz_(rate_hz),
      window_(window),
      clock_(clock),
      start_(clock.steady_now()),
      program_(std::move(program)),
      native_(native == NativeFrames::kYes ? std::make_unique<NativeStacks>(clock) : nullptr),
      tasks_(tasks ? std::make_unique<TaskFrames>() : nullptr),
      boundary_(next_window_end(clock.wall_now(), window)),
      next_renewal_(start_),
      random_(std::random_device()()) {}

EbpfEngine::~EbpfEngine() = default;

EbpfEngine::Target* EbpfEngine::find(TargetId id) {
  const auto at = std::ranges::find(targets_, id, &Target::id);
  return at == targets_.end() ? nullptr : &*at;
}

void EbpfEngine::add(TargetId id, pid_t pid, const cpython::Interpreter& interpreter, Since since) {
  Target target{.id = id, .pid = pid, .process = {}, .added = clock_.wall_now()};
  target.for_kernel = {
      .runtime = to_number(interpreter.runtime),
      .since_ns = static_cast<__u64>(clock_.steady_now().time_since_epoch().count()),
      .running_tasks = 0,
      .id = number_of(id),
      .padding = 0,
      .layout = layout_for_kernel(interpreter.layout)};
  if (tasks_) {
    tasks_->add(target.for_kernel.id, pid, interpreter);
    find_tasks_of(target);
  }
  target.cpu_ns = process::process_cpu_ns(pid).value_or(0);
  if (since == Since::kBirth) target.early_ns = static_cast<std::int64_t>(target.cpu_ns);
  const Result<> added = [&]() -> Result<> {
    if (interpreter.layout.frame_size > PHLOX_MAX_FRAME_BYTES)
      return Error::limit("frames of CPython {} are too large", interpreter.version);
    if (target.for_kernel.layout.thread_bytes > PHLOX_MAX_THREAD_BYTES)
      return Error::limit("thread states of CPython {} are too large", interpreter.version);
    target.process.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!target.process) return Error::from_errno(errno, "open a pidfd");
    return program_->add(target.process, target.for_kernel);
  }();
  if (!added) {
    if (added.error().kind() != Error::Kind::kGone)
      log(LogLevel::kWarning, "process {} is not sampled: {}", pid, added.error().message());
    target.removed = true;  // the next drain says so
  }
  if (native_ && added) native_->add(number_of(id), pid, interpreter.layout);
  targets_.push_back(std::move(target));
}

void EbpfEngine::remove(TargetId id) {
  Target* target = find(id);
  if (target == nullptr || target->removed) return;
  target->removed = true;
  if (target->last_cpu_ns) return;
  target->last_cpu_ns = process::process_cpu_ns(target->pid);
  if (target->last_cpu_ns) {
    program_->remove(target->process);
  } else {
    target->wait_until = clock_.steady_now() + kEndTold;
  }
}

void EbpfEngine::drain(const EventSink& sink) {
  drain_samples(sink);
  end_windows(sink);
}

void EbpfEngine::drain_samples(const EventSink& sink) {
  const bool stopping = stopping_;
  if (tasks_) search_tasks();
  if (stopping && stopped_ns_ == 0) {
    program_->stop_clocks();
    stopped_ns_ = (clock_.steady_now() - start_).count();
  }
  program_->consume(
      {.sample = [&](const phlox_sample& sample) { take(sample, sink); },
       .native_stack = [this](const phlox_native_stack& stack) { native_->take(stack); },
       .task = [this](const phlox_task& task) { tasks_->take(task); },
       .end = [this](const phlox_end& end) { take(end); }});
  if (!stopping) renew_period();
}

void EbpfEngine::take(const phlox_sample& sample, const EventSink& sink) {
  Target* target = find(TargetId{sample.target - 1});
  if (target == nullptr) return;
  frames_.resize(sample.frame_count);
  if (!frames_.empty())
    std::memcpy(frames_.data(), sample.frames, frames_.size() * sizeof(cpython::RawFrame));
  if (tasks_) tasks_->insert_into(sample, frames_);
  if (native_) native_->merge_into(sample, frames_);
  const bool too_deep = frames_.size() > cpython::kMaxRawFrames;
  if (too_deep) frames_.resize(cpython::kMaxRawFrames);
  const Event event{.target = target->id,
                    .kind = kind_of(sample.status),
                    .truncated = sample.status == PHLOX_TRUNCATED || too_deep,
                    .incomplete = sample.status == PHLOX_INCOMPLETE && !too_deep,
                    .frame_count = static_cast<std::uint32_t>(frames_.size()),
                    .tid = sample.tid,
                    .cpu_ns = static_cast<std::int64_t>(sample.cpu_ns)};
  target->credited_ns += event.cpu_ns;
  ++samples_;
  sink(event, frames_);
}

void EbpfEngine::take(const phlox_end& end) {
  Target* target = find(TargetId{end.target - 1});
  if (target == nullptr || target->last_cpu_ns) return;
  target->last_cpu_ns = end.cpu_ns;
  target->wait_until.reset();
}

// Ended threads are in the sum: they were looked at as long as they ran, like all others.
Event EbpfEngine::end_of_window(Target& target, WallTime at, bool last) {
  Event event{.target = target.id, .kind = EventKind::kWindowEnd, .last = last};
  event.wall_ns = to_unix_ns(at);
  // Of a process that is gone, of which the kernel has not told, the samples tell up to the last
  // one.
  std::uint64_t cpu_ns = target.cpu_ns + static_cast<std::uint64_t>(target.credited_ns);
  const bool is_known = target.removed || target.last_cpu_ns;
  const auto now = is_known ? target.last_cpu_ns : process::process_cpu_ns(target.pid);
  if (now && *now >= target.cpu_ns) cpu_ns = *now;
  event.kernel_cpu_ns = static_cast<std::int64_t>(cpu_ns - target.cpu_ns);
  event.process_cpu_ns = static_cast<std::int64_t>(cpu_ns);
  // Below 0 where a reading in a sample lagged behind and got what belongs to an earlier window.
  event.cpu_ns = event.kernel_cpu_ns - target.credited_ns;
  target.credited_ns = 0;
  target.cpu_ns = cpu_ns;
  event.early_cpu_ns = std::exchange(target.early_ns, 0);
  sampled_cpu_ns_ += event.kernel_cpu_ns;
  if (sampled_cpu_ns_ > 0)
    real_rate_hz_ = 1e9 * static_cast<double>(samples_) / static_cast<double>(sampled_cpu_ns_);
  event.kernel_cpu_ns += event.early_cpu_ns;
  return event;
}

void EbpfEngine::settle(Event& end) {
  Target* target = find(end.target);
  if (target == nullptr) return;
  Event event = end_of_window(*target, from_unix_ns(end.wall_ns), end.last);
  event.ticks = end.ticks;
  event.waiters = end.waiters;
  end = event;
  if (!end.last) return;
  if (!target->removed) program_->remove(target->process);
  forget(*target);
  std::erase_if(targets_, [&end](const Target& other) { return other.id == end.target; });
}

void EbpfEngine::forget(const Target& target) {
  if (native_) native_->remove(number_of(target.id));
  if (tasks_) tasks_->remove(number_of(target.id));
}

// True if there is something new to tell the kernel.
bool EbpfEngine::find_tasks_of(Target& target) {
  const std::uint32_t number = target.for_kernel.id;
  if (!tasks_->search(number, clock_.steady_now())) return false;
  target.for_kernel.layout = layout_for_kernel(tasks_->layout(number));
  target.for_kernel.running_tasks = to_number(tasks_->running_tasks(number));
  return true;
}

void EbpfEngine::search_tasks() {
  for (Target& target : targets_) {
    if (target.removed || !find_tasks_of(target)) continue;
    if (const auto told = program_->add(target.process, target.for_kernel); !told)
      log(LogLevel::kDebug, "tasks of process {} are not told: {}", target.pid,
          told.error().message());
  }
}

void EbpfEngine::end_window(Target& target, WallTime at, bool last, const EventSink& sink) {
  sink(end_of_window(target, at, last), {});
}

void EbpfEngine::end_windows(const EventSink& sink) {
  const WallTime now = clock_.wall_now();
  const bool stopping = stopped_ns_ != 0;
  if (now >= boundary_) {
    for (Target& target : targets_)
      if (!target.removed && target.added < boundary_) end_window(target, boundary_, false, sink);
    boundary_ = next_window_end(now, window_);
  }
  std::erase_if(targets_, [&](Target& target) {
    if (!stopping &&
        (!target.removed || (target.wait_until && clock_.steady_now() < *target.wait_until)))
      return false;
    end_window(target, now, true, sink);
    forget(target);
    return true;
  });
}

// Native code that is met for the first time is not told apart from other code.
SteadyTime EbpfEngine::drain_by() const {
  const Nanoseconds interval = native_ ? kDrainInterval : kLongestDrainInterval;
  return clock_.steady_now() + std::min(interval, boundary_ - clock_.wall_now());
}

bool EbpfEngine::watch(pid_t pid) {
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  return process && program_->watch(process);
}

void EbpfEngine::renew_period() {
  const SteadyTime now = clock_.steady_now();
  if (now < next_renewal_) return;
  const Nanoseconds looks(static_cast<std::int64_t>(1e9 * kLooksPerPeriod / rate_hz_));
  const Nanoseconds interval = std::max<Nanoseconds>(looks, kLeastRenewal);
  next_renewal_ = now + interval;
  const double real_hz = real_rate_hz_;
  const double catching_up =
      real_hz > 0 ? std::clamp(rate_hz_ / real_hz, 1 - kMostCatchingUp, 1 + kMostCatchingUp) : 1;
  std::uniform_real_distribution<double> spread(1 - kPeriodSpread, 1 + kPeriodSpread);
  program_->set_rate(rate_hz_ * catching_up * spread(random_));
}

Engine::Counts EbpfEngine::counts() const {
  const EbpfProgram::Counts counts = program_->counts();
  const std::int64_t stopped_ns = stopped_ns_;
  const Nanoseconds running =
      stopped_ns != 0 ? Nanoseconds(stopped_ns) : clock_.steady_now() - start_;
  const double real_hz = real_rate_hz_;
  const double seconds = std::chrono::duration<double>(running).count();
  return {.ticks = real_hz > 0 ? static_cast<std::uint64_t>(real_hz * seconds) : counts.looks,
          .samples_wanted = counts.samples,
          .events_deferred = counts.lost,
          .running = running};
}

}  // namespace phlox::sampler
