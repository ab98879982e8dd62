#include "sampler/task_frames.h"

#include <algorithm>
#include <array>

#include "cpython/object_shapes.h"
#include "cpython/thread_list.h"

namespace phlox::sampler {
namespace {

constexpr std::size_t kMaxFramesPerName =
    cpython::kMaxTaskNameBytes / cpython::kTaskNameBytesPerFrame + 1;

// What a record says the task is called, as frames; 0: nothing that is understood.
std::size_t frames_of(const phlox_task& record, const cpython::Layout& layout,
                      std::span<cpython::RawFrame> frames) {
  if (cpython::has_flag(record.name_type_flags, cpython::TypeFlag::kLong))
    return cpython::set_task_name(cpython::kDefaultTaskName, frames);
  const auto object = std::as_bytes(
      std::span(record.name).first(std::min<std::size_t>(record.name_bytes, sizeof record.name)));
  if (object.size() < cpython::string_header_bytes(layout)) return 0;
  const auto shape = cpython::parse_string(layout, object);
  if (!shape || object.size() < shape->data_at) return 0;
  const auto data = object.subspan(shape->data_at);
  const std::uint64_t length = std::min(shape->length, cpython::kMaxTaskNameChars);
  if (data.size() < length * shape->char_bytes) return 0;
  return cpython::set_task_frames(data, shape->char_bytes, length, frames);
}

}  // namespace

void TaskFrames::add(std::uint32_t target, pid_t pid, const cpython::Interpreter& interpreter) {
  targets_.insert_or_assign(target, Target{.pid = pid,
                                           .interpreter = interpreter,
                                           .memory = process::ProcessMemory(pid),
                                           .tasks = {}});
}

bool TaskFrames::search(std::uint32_t target, SteadyTime now) {
  const auto at = targets_.find(target);
  if (at == targets_.end() || at->second.found || !at->second.pace.is_due(now)) return false;
  Target& searched = at->second;
  std::vector<cpython::ThreadState> threads;
  cpython::list_threads(searched.interpreter, searched.memory, threads);
  for (const cpython::ThreadState& thread : threads) {
    const auto tasks =
        searched.tasks.search(searched.pid, searched.interpreter.layout, searched.memory, thread);
    if (tasks == process::RemoteAddress::kNull) continue;
    searched.found = true;
    if (searched.interpreter.layout.thread_running_task == cpython::kNone)
      searched.running_tasks = tasks;
    return true;
  }
  return false;
}

const cpython::Layout& TaskFrames::layout(std::uint32_t target) const {
  return targets_.at(target).interpreter.layout;
}

process::RemoteAddress TaskFrames::running_tasks(std::uint32_t target) const {
  return targets_.at(target).running_tasks;
}

void TaskFrames::take(const phlox_task& record) {
  Pending& pending = pending_[record.cpu];
  if (pending.number != record.number) {
    pending.number = record.number;
    pending.frames.clear();
  }
  const auto target = targets_.find(record.target);
  if (target == targets_.end()) return;
  pending.frames_above = record.frames_above;
  std::array<cpython::RawFrame, kMaxFramesPerName> frames;
  const std::size_t count = frames_of(record, target->second.interpreter.layout, frames);
  pending.frames.insert(pending.frames.end(), frames.begin(),
                        frames.begin() + static_cast<std::ptrdiff_t>(count));
}

void TaskFrames::insert_into(const phlox_sample& sample,
                             std::vector<cpython::RawFrame>& frames) const {
  const auto pending = pending_.find(sample.cpu);
  if (pending == pending_.end() || pending->second.number != sample.number ||
      pending->second.frames_above > frames.size())
    return;
  frames.insert(frames.begin() + static_cast<std::ptrdiff_t>(pending->second.frames_above),
                pending->second.frames.begin(), pending->second.frames.end());
}

}  // namespace phlox::sampler
