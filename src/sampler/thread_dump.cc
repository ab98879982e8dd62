#include "sampler/thread_dump.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>

#include "cpython/code_objects.h"
#include "cpython/running_tasks.h"
#include "cpython/waiting_tasks.h"
#include "process/proc_file.h"
#include "sampler/ebpf_engine.h"
#include "sampler/native_look.h"
#include "sampler/read_target.h"
#include "sampler/scheduling.h"
#include "sampler/window_builder.h"

namespace phlox::sampler {
namespace {

constexpr int kTries = 20;
// How engine ebpf looks at threads that run, for their native frames.
constexpr double kNativeRateHz = 997;
constexpr Nanoseconds kNativeTime = std::chrono::milliseconds(200);
constexpr Nanoseconds kNativeInterval = std::chrono::milliseconds(2);

// Reads one process's threads; names come from one cache.
class Dumper {
 public:
  Dumper(pid_t pid, ReadTarget& target, DumpParts parts)
      : pid_(pid),
        target_(target),
        parts_(parts),
        codes_(target.layout(), target.memory()),
        locals_(target.layout(), target.memory()),
        reader_(parts.native ? cpython::Loops::kTell : cpython::Loops::kLeaveOut),
        stack_(std::make_unique<cpython::RawStack>()),
        last_(std::make_unique<cpython::RawStack>()) {
    if (parts.native) native_.emplace(pid, target.layout(), target.memory());
  }

  ThreadDump dump(ReadThread& thread) {
    ThreadDump dump{.tid = thread.tid, .name = name_of(pid_, thread.tid)};
    certain_.clear();
    places_.clear();
    native_copied_ = false;
    const bool is_python = target_.find_thread_state(thread);
    if (is_python) dump.kind = EventKind::kUnreadable;
    for (int i = 0; i < kTries; ++i)
      if (is_python ? try_read(thread, dump) : try_native(thread, dump)) break;
    const bool is_incomplete =
        !certain_.empty() && stack_->status == cpython::StackStatus::kIncomplete;
    if (native_copied_) {
      native_->merge(certain_, merged_);
      certain_.swap(merged_);
    }
    add_frames(certain_, places_, native_ ? &native_->functions() : nullptr, dump.frames);
    if (is_incomplete) dump.frames.push_back(marker(std::string(kIncompleteFrame)));
    return dump;
  }

  // Replaces what is known of threads that run by what engine ebpf sees of them.
  Result<> look_at_running(const cpython::Interpreter& interpreter,
                           std::vector<ThreadDump>& threads) {
    std::unordered_map<pid_t, ThreadDump*> left;
    for (ThreadDump& thread : threads)
      if (thread.running) left.emplace(thread.tid, &thread);
    if (left.empty()) return {};
    const Clock& clock = Clock::system();
    PHLOX_TRY(auto engine,
              EbpfEngine::open(kNativeRateHz, kNativeTime, NativeFrames::kYes, true, clock));
    engine->add(target_.id(), pid_, interpreter, Engine::Since::kNow);
    const SteadyTime end = clock.steady_now() + kNativeTime;
    while (!left.empty() && clock.steady_now() < end) {
      sleep_until(clock.steady_now() + kNativeInterval);
      engine->drain([&](const Event& event, std::span<const cpython::RawFrame> frames) {
        const auto thread = left.find(event.tid);
        if (thread == left.end() || event.kind == EventKind::kWindowEnd ||
            event.kind == EventKind::kUnreadable)
          return;
        thread->second->kind = event.kind;
        thread->second->frames.clear();
        add_frames(frames, {}, engine->native_functions(), thread->second->frames);
        if (event.incomplete)
          thread->second->frames.push_back(marker(std::string(kIncompleteFrame)));
        left.erase(thread);
      });
    }
    return {};
  }

  // After the threads, which lead to them.
  void dump_tasks(Dump& dump) {
    std::vector<cpython::ThreadState> threads;
    for (const ReadThread& thread : target_.threads())
      if (thread.has_python()) threads.push_back(thread.python);
    const cpython::WaitingTasks tasks(target_.layout(), target_.memory());
    const auto list = tasks.list(threads);
    dump.all_tasks = list.complete;
    for (const process::RemoteAddress address : list.tasks)
      if (const auto task = read_waiting(tasks, address)) dump.tasks.push_back(dump_task(*task));
  }

 private:
  // nullopt for one that runs, all the time or again and again.
  static std::optional<cpython::WaitingTask> read_waiting(const cpython::WaitingTasks& tasks,
                                                          process::RemoteAddress address) {
    auto last = tasks.read(address);
    for (int i = 1; i < kTries; ++i) {
      auto now = tasks.read(address);
      if (now == last) return now;
      last = std::move(now);
    }
    return std::nullopt;
  }

  TaskDump dump_task(const cpython::WaitingTask& task) {
    TaskDump dump{.name = task.name, .frames = {}};
    for (const cpython::PlacedFrame& frame : task.frames)
      add_python_frame(frame.frame, frame.place, dump.frames);
    for (const std::string& name : task.awaited_by) dump.frames.push_back(marker(task_frame(name)));
    return dump;
  }

  static std::string name_of(pid_t pid, pid_t tid) {
    auto name = process::read_proc_file(fmt::format("/proc/{}/task/{}/comm", pid, tid));
    if (!name) return "?";
    while (name->ends_with('\n')) name->pop_back();
    return std::move(*name);
  }

  // Of a thread without Python. True as below.
  bool try_native(ReadThread& thread, ThreadDump& dump) {
    const auto before = thread.files.sched_stat();
    const auto stat = thread.files.stat();
    dump.running = stat && stat->state == 'R';
    if (!native_ || !before || dump.running) return true;
    const bool copied = native_->copy(thread.tid, thread.files);
    const auto after = thread.files.sched_stat();
    native_copied_ = copied && after && after->arrivals == before->arrivals;
    return native_copied_;
  }

  // True when there is nothing more to be learnt by another try.
  bool try_read(ReadThread& thread, ThreadDump& dump) {
    const auto before = thread.files.sched_stat();
    const auto stat = thread.files.stat();
    if (!before || !stat) return true;  // it has ended
    dump.running = stat->state == 'R';
    std::swap(stack_, last_);
    target_.read_stack(reader_, thread, *stack_);
    dump.gil = role_of(thread);
    const bool copied = native_ && !dump.running && native_->copy(thread.tid, thread.files);
    const auto after = thread.files.sched_stat();
    if (stack_->status == cpython::StackStatus::kUnreadable ||
        stack_->status == cpython::StackStatus::kOtherThread ||
        stack_->status == cpython::StackStatus::kOtherState)
      return false;
    const auto now = stack_->view();
    if (!dump.running && after && after->arrivals == before->arrivals) {
      dump.kind = EventKind::kSample;
      keep(now.size());
      native_copied_ = copied;
      return true;
    }
    const auto [here, there] = std::ranges::mismatch(now.rbegin(), now.rend(),
                                                     last_->view().rbegin(), last_->view().rend());
    const bool same = here == now.rend() && there == last_->view().rend();
    dump.kind = same ? EventKind::kSample : EventKind::kMoving;
    keep(static_cast<std::size_t>(here - now.rbegin()));
    return same;
  }

  // So many frames of what was just read, from the root.
  void keep(std::size_t count) {
    const std::size_t first = stack_->frame_count - count;
    const auto frames = stack_->view().subspan(first);
    certain_.assign(frames.begin(), frames.end());
    places_.clear();
    for (std::size_t i = first; i < stack_->frame_count; ++i)
      if (stack_->frames[i].kind != cpython::RawFrameKind::kLoop)
        places_.push_back(stack_->places[i]);
  }

  GilRole role_of(ReadThread& thread) const {
    if (target_.holds_gil(thread)) return GilRole::kHolds;
    return target_.waits_for_gil(thread) ? GilRole::kWaits : GilRole::kNone;
  }

  static FrameDump marker(std::string name) {
    return {.function = std::move(name), .file = "", .line = 0, .locals = {}};
  }

  // `places`: of frames that are neither native nor loops; empty where they are not known.
  void add_frames(std::span<const cpython::RawFrame> frames,
                  std::span<const process::RemoteAddress> places,
                  const native::Functions* functions, std::vector<FrameDump>& out) {
    for (std::size_t i = 0, of_python = 0; i < frames.size(); ++i) {
      const cpython::RawFrame& frame = frames[i];
      if (frame.kind == cpython::RawFrameKind::kLoop) continue;
      if (frame.kind == cpython::RawFrameKind::kNative ||
          frame.kind == cpython::RawFrameKind::kKernel) {
        const auto& function = (*functions)[static_cast<native::FunctionId>(to_number(frame.code))];
        out.push_back(marker(function.name));
        out.back().file = function.module;
        continue;
      }
      const auto place =
          of_python < places.size() ? places[of_python] : process::RemoteAddress::kNull;
      ++of_python;
      add_frame(frames.subspan(i), place, out);
    }
  }

  // The first of `frames`, which lies at `place`.
  void add_frame(std::span<const cpython::RawFrame> frames, process::RemoteAddress place,
                 std::vector<FrameDump>& out) {
    const cpython::RawFrame& frame = frames.front();
    switch (frame.kind) {
      case cpython::RawFrameKind::kTask:
        return out.push_back(marker(task_frame(cpython::task_name(frames))));
      case cpython::RawFrameKind::kCollection:
        return out.push_back(marker(std::string(kCollectionFrame)));
      case cpython::RawFrameKind::kPython:
        return add_python_frame(frame, place, out);
      default:
        return;  // more of a name
    }
  }

  void add_python_frame(const cpython::RawFrame& frame, process::RemoteAddress place,
                        std::vector<FrameDump>& out) {
    const cpython::Code* code = codes_.find(frame.code);
    if (code == nullptr) return out.push_back(marker("[unreadable]"));
    if (code->is_shim) return;
    FrameDump& added = out.emplace_back();
    added.function = code->qualified_name;
    added.file = code->file;
    added.line = codes_.line(*code, frame.instruction_offset);
    if (parts_.locals && place != process::RemoteAddress::kNull)
      added.locals = locals_.read(place, frame.code);
  }

  const pid_t pid_;
  ReadTarget& target_;
  const DumpParts parts_;
  cpython::CodeObjects codes_;
  cpython::FrameLocals locals_;
  cpython::StackReader reader_;
  std::optional<NativeLook> native_;  // if it is asked for
  bool native_copied_ = false;        // of the thread that is dumped
  std::vector<cpython::RawFrame> merged_;
  std::unique_ptr<cpython::RawStack> stack_;
  std::unique_ptr<cpython::RawStack> last_;
  std::vector<cpython::RawFrame> certain_;
  std::vector<process::RemoteAddress> places_;  // of each of them that is no loop
};

}  // namespace

Result<Dump> dump_process(pid_t pid, DumpParts parts) {
  PHLOX_TRY(const cpython::Interpreter interpreter, cpython::find_interpreter(pid));
  PHLOX_TRY(ReadTarget target,
            ReadTarget::open(TargetId{}, pid, interpreter, Engine::Since::kNow, {.tasks = true}));
  Dump dump;
  Dumper dumper(pid, target, parts);
  for (ReadThread& thread : target.threads()) dump.threads.push_back(dumper.dump(thread));
  if (parts.native) {
    const auto looked = dumper.look_at_running(interpreter, dump.threads);
    if (!looked) dump.no_native = looked.error().message();
  }
  if (parts.waiting_tasks) dumper.dump_tasks(dump);
  return dump;
}

}  // namespace phlox::sampler
