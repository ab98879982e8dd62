// Tasks of asyncio on a stack: see running_tasks.h. What is read for it is remembered like frames
// are, so that a task that still runs costs no call more than its stack does.
#include <algorithm>
#include <array>

#include "cpython/object_shapes.h"
#include "cpython/running_tasks.h"
#include "cpython/stack_reader.h"

namespace phlox::cpython {

using process::RemoteAddress;

namespace {

// The smallest dict has room for so many; those of one event loop a thread need no larger one.
constexpr std::uint64_t kLeastEntries = 5;
constexpr std::uint64_t kMaxEntries = 64;
constexpr int kMaxAwaiters = 8;

}  // namespace

void StackReader::find_running_tasks(Walk& walk) {
  const Layout& layout = walk.layout;
  RemoteAddress at{};
  if (layout.thread_running_task != kNone) {
    if (value_at(walk.thread.running_tasks, at)) add_running_task(walk, at);
    return;
  }
  RemoteAddress keys{};
  if (!value_at(walk.thread.running_tasks + layout.dict_keys, keys) || keys == RemoteAddress::kNull)
    return;
  const auto header = fetch_bytes(walk.memory, keys, layout.keys_indices);
  if (header.empty()) return;
  const auto shape = parse_dict_keys(layout, header);
  if (!shape || shape->entries_at > UINT16_MAX) return;
  const std::uint64_t count = std::clamp(shape->count, kLeastEntries, kMaxEntries);
  const auto entries = fetch_bytes(walk.memory, keys + shape->entries_at,
                                   static_cast<std::uint32_t>(count * shape->entry_bytes));
  if (entries.empty()) return;
  for (std::uint64_t i = 0; i < std::min(count, shape->count); ++i)
    add_running_task(
        walk, load_at<RemoteAddress>(entries, i * shape->entry_bytes + shape->key_at + kWord));
}

void StackReader::add_running_task(Walk& walk, RemoteAddress task) {
  const Layout& layout = walk.layout;
  RemoteAddress coro{};
  RemoteAddress frame{};
  if (task == RemoteAddress::kNull || walk.task_count == walk.tasks.size() ||
      !fetch(walk.memory, task + layout.task_coro, coro) || coro == RemoteAddress::kNull)
    return;
  if (layout.generator_frame_object == kNone) {
    frame = coro + layout.generator_frame;
  } else if (!fetch(walk.memory, coro + layout.generator_frame_object, frame) ||
             frame == RemoteAddress::kNull) {
    return;  // it has ended
  }
  walk.tasks[walk.task_count++] = {task, frame};
}

// Behind the frame of a coroutine: the task that runs it, then who awaits that.
void StackReader::add_task_frames(const Walk& walk, RemoteAddress coroutine_frame, RawStack& out) {
  const auto running = std::span(walk.tasks).first(walk.task_count);
  const auto found = std::ranges::find(running, coroutine_frame, &Walk::Task::frame);
  if (found == running.end()) return;
  RemoteAddress task = found->address;
  for (int i = 0; i < kMaxAwaiters && task != RemoteAddress::kNull; ++i) {
    name_task(walk, task, out);
    task = awaiter_of(walk, task);
  }
}

// The one task that awaits it, where the target tells; kNull for several.
RemoteAddress StackReader::awaiter_of(const Walk& walk, RemoteAddress task) {
  const Layout& layout = walk.layout;
  RemoteAddress awaiter{};
  std::uint8_t is_set = 0;
  if (layout.task_awaited_by == kNone ||
      !fetch(walk.memory, task + layout.task_awaited_by, awaiter) ||
      !fetch(walk.memory, task + layout.task_awaited_by_is_set, is_set) || is_set != 0)
    return RemoteAddress::kNull;
  return awaiter;
}

void StackReader::name_task(const Walk& walk, RemoteAddress task, RawStack& out) {
  const Layout& layout = walk.layout;
  std::uint8_t is_task = 1;
  if (layout.task_is_task != kNone && fetch(walk.memory, task + layout.task_is_task, is_task) &&
      is_task == 0)
    return;  // a future has no name
  const auto room = std::span(out.frames).subspan(out.frame_count);
  const auto add = [&out](std::size_t frames) {
    out.frame_count += static_cast<std::uint32_t>(frames);
  };
  RemoteAddress object{};
  RemoteAddress type{};
  std::uint64_t flags = 0;
  if (!fetch(walk.memory, task + layout.task_name, object) || object == RemoteAddress::kNull)
    return;
  const auto header = fetch_bytes(walk.memory, object, string_header_bytes(layout));
  if (header.empty()) return;
  type = load_at<RemoteAddress>(header, layout.object_type);
  if (!fetch(walk.memory, type + layout.type_flags, flags)) return;
  if (has_flag(flags, TypeFlag::kLong)) return add(set_task_name(kDefaultTaskName, room));
  if (!has_flag(flags, TypeFlag::kString)) return;
  const auto shape = parse_string(layout, header);
  if (!shape) return;
  const std::uint64_t length = std::min(shape->length, kMaxTaskNameChars);
  const auto data = fetch_bytes(walk.memory, object + shape->data_at,
                                static_cast<std::uint32_t>(length * shape->char_bytes));
  if (data.empty() && length > 0) return;
  add(set_task_frames(data, shape->char_bytes, length, room));
}

}  // namespace phlox::cpython
