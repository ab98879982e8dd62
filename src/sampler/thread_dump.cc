#include "sampler/thread_dump.h"

#include <algorithm>
#include <memory>
#include <span>

#include "cpython/code_objects.h"
#include "cpython/running_tasks.h"
#include "process/proc_file.h"
#include "sampler/read_target.h"
#include "sampler/window_builder.h"

namespace phlox::sampler {
namespace {

constexpr int kTries = 20;

// Reads one process's threads; names come from one cache.
class Dumper {
 public:
  explicit Dumper(ReadTarget& target)
      : target_(target),
        codes_(target.layout(), target.memory()),
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
      add_frame(std::span(certain_).subspan(i), dump);
    if (!certain_.empty() && stack_->status == cpython::StackStatus::kIncomplete)
      dump.frames.push_back({.function = std::string(kIncompleteFrame), .file = "", .line = 0});
    return dump;
  }

 private:
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
      certain_.assign(now.begin(), now.end());
      return true;
    }
    const auto [here, there] = std::ranges::mismatch(now.rbegin(), now.rend(),
                                                     last_->view().rbegin(), last_->view().rend());
    const bool same = here == now.rend() && there == last_->view().rend();
    dump.kind = same ? EventKind::kSample : EventKind::kMoving;
    certain_.assign(here.base(), now.end());
    return same;
  }

  GilRole role_of(ReadThread& thread) const {
    if (target_.holds_gil(thread)) return GilRole::kHolds;
    return target_.waits_for_gil(thread) ? GilRole::kWaits : GilRole::kNone;
  }

  // The first of `frames`.
  void add_frame(std::span<const cpython::RawFrame> frames, ThreadDump& dump) {
    const cpython::RawFrame& frame = frames.front();
    if (frame.kind == cpython::RawFrameKind::kTaskName) return;
    if (frame.kind == cpython::RawFrameKind::kTask)
      return dump.frames.push_back(
          {.function = task_frame(cpython::task_name(frames)), .file = "", .line = 0});
    if (frame.kind == cpython::RawFrameKind::kCollection)
      return dump.frames.push_back(
          {.function = std::string(kCollectionFrame), .file = "", .line = 0});
    const cpython::Code* code = codes_.find(frame.code);
    if (code == nullptr) {
      dump.frames.push_back({.function = "[unreadable]", .file = "", .line = 0});
    } else if (!code->is_shim) {
      dump.frames.push_back({.function = code->qualified_name,
                             .file = code->file,
                             .line = codes_.line(*code, frame.instruction_offset)});
    }
  }

  ReadTarget& target_;
  cpython::CodeObjects codes_;
  cpython::StackReader reader_;
  std::unique_ptr<cpython::RawStack> stack_;
  std::unique_ptr<cpython::RawStack> last_;
  std::vector<cpython::RawFrame> certain_;
};

}  // namespace

Result<std::vector<ThreadDump>> dump_threads(pid_t pid) {
  PHLOX_TRY(const cpython::Interpreter interpreter, cpython::find_interpreter(pid));
  PHLOX_TRY(ReadTarget target,
            ReadTarget::open(TargetId{}, pid, interpreter, Engine::Since::kNow, {.tasks = true}));
  std::vector<ThreadDump> dumps;
  Dumper dumper(target);
  for (ReadThread& thread : target.threads()) dumps.push_back(dumper.dump(pid, thread));
  return dumps;
}

}  // namespace phlox::sampler
