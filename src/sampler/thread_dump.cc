#include "sampler/thread_dump.h"

#include <algorithm>
#include <memory>
#include <span>

#include "cpython/code_objects.h"
#include "cpython/running_tasks.h"
#include "cpython/waiting_tasks.h"
#include "process/proc_file.h"
#include "sampler/read_target.h"
#include "sampler/window_builder.h"

namespace phlox::sampler {
namespace {

constexpr int kTries = 20;

// Reads one process's threads; names come from one cache.
class Dumper {
 public:
  Dumper(ReadTarget& target, DumpParts parts)
      : target_(target),
        parts_(parts),
        codes_(target.layout(), target.memory()),
        locals_(target.layout(), target.memory()),
        stack_(std::make_unique<cpython::RawStack>()),
        last_(std::make_unique<cpython::RawStack>()) {}

  ThreadDump dump(pid_t pid, ReadThread& thread) {
    ThreadDump dump{.tid = thread.tid, .name = name_of(pid, thread.tid)};
    if (!target_.find_thread_state(thread)) {
      const auto stat = thread.files.stat();
      dump.running = stat && stat->state == 'R';
      return dump;
    }
    dump.kind = EventKind::kUnreadable;
    for (int i = 0; i < kTries && !try_read(thread, dump); ++i) {
    }
    for (std::size_t i = 0; i < certain_.size(); ++i)
      add_frame(std::span(certain_).subspan(i), places_[i], dump.frames);
    if (!certain_.empty() && stack_->status == cpython::StackStatus::kIncomplete)
      dump.frames.push_back(marker(std::string(kIncompleteFrame)));
    return dump;
  }

  // After the threads, which lead to them.
  void dump_tasks(Dump& dump) {
    std::vector<cpython::ThreadState> threads;
    for (const ReadThread& thread : target_.threads())
      if (thread.thread_state != process::RemoteAddress::kNull) threads.push_back(thread.python());
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

  // True when there is nothing more to be learnt by another try.
  bool try_read(ReadThread& thread, ThreadDump& dump) {
    const auto before = thread.files.sched_stat();
    const auto stat = thread.files.stat();
    if (!before || !stat) return true;  // it has ended
    dump.running = stat->state == 'R';
    std::swap(stack_, last_);
    reader_.read(target_.layout(), target_.memory(), thread.python(), thread.guess, *stack_);
    dump.gil = role_of(thread);
    const auto after = thread.files.sched_stat();
    if (stack_->status == cpython::StackStatus::kUnreadable ||
        stack_->status == cpython::StackStatus::kOtherThread)
      return false;
    const auto now = stack_->view();
    if (!dump.running && after && after->arrivals == before->arrivals) {
      dump.kind = EventKind::kSample;
      keep(now.size());
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
    const auto places = std::span(stack_->places).subspan(first, count);
    places_.assign(places.begin(), places.end());
  }

  GilRole role_of(ReadThread& thread) const {
    if (target_.holds_gil(thread)) return GilRole::kHolds;
    return target_.waits_for_gil(thread) ? GilRole::kWaits : GilRole::kNone;
  }

  static FrameDump marker(std::string name) {
    return {.function = std::move(name), .file = "", .line = 0, .locals = {}};
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
    if (parts_.locals) added.locals = locals_.read(place, frame.code);
  }

  ReadTarget& target_;
  const DumpParts parts_;
  cpython::CodeObjects codes_;
  cpython::FrameLocals locals_;
  cpython::StackReader reader_;
  std::unique_ptr<cpython::RawStack> stack_;
  std::unique_ptr<cpython::RawStack> last_;
  std::vector<cpython::RawFrame> certain_;
  std::vector<process::RemoteAddress> places_;  // of each of them
};

}  // namespace

Result<Dump> dump_process(pid_t pid, DumpParts parts) {
  PHLOX_TRY(const cpython::Interpreter interpreter, cpython::find_interpreter(pid));
  PHLOX_TRY(ReadTarget target,
            ReadTarget::open(TargetId{}, pid, interpreter, Engine::Since::kNow, {.tasks = true}));
  Dump dump;
  Dumper dumper(target, parts);
  for (ReadThread& thread : target.threads()) dump.threads.push_back(dumper.dump(pid, thread));
  if (parts.waiting_tasks) dumper.dump_tasks(dump);
  return dump;
}

}  // namespace phlox::sampler
