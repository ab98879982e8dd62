#include "cpython/waiting_tasks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cpython/object_shapes.h"
#include "cpython/running_tasks.h"

namespace phlox::cpython {

using process::RemoteAddress;

namespace {

constexpr std::size_t kMaxFrameBytes = 512;
constexpr std::size_t kMaxNameChars = 255;
constexpr std::size_t kMaxAttributes = 64;
constexpr std::size_t kMaxAwaiters = 8;
// Of generator_frame_state, which is negative for what is suspended or has not started. From 3.13
// on another value is that of one that yields (enum _framestate, Include/internal/pycore_frame.h).
constexpr std::int8_t kAwaits = -1;
constexpr std::string_view kScheduled = "_scheduled_tasks";  // from 3.12 on
constexpr std::string_view kAll = "_all_tasks";              // before
constexpr std::string_view kItemsOfWeakSet = "data";

bool is_coroutine_type(std::string_view type) {
  return type == "coroutine" || type == "generator" || type == "async_generator";
}

// Objects that stand between a coroutine and the one that it awaits, which is their first member
// (PyCoroWrapper, PyAsyncGenASend and PyAsyncGenAThrow, Objects/genobject.c).
bool is_wrapper_type(std::string_view type) {
  return type == "coroutine_wrapper" || type == "async_generator_asend" ||
         type == "async_generator_athrow";
}

RemoteAddress minus(RemoteAddress address, std::uint32_t offset) {
  return RemoteAddress{to_number(address) - offset};
}

}  // namespace

WaitingTasks::List WaitingTasks::list(std::span<const ThreadState> threads) const {
  List list;
  std::vector<RemoteAddress> seen;
  for (const ThreadState& thread : threads) {
    const bool is_new = std::ranges::find(seen, thread.interpreter) == seen.end();
    if (is_new) seen.push_back(thread.interpreter);
    if (layout_.thread_tasks != kNone) {
      add_from_list(thread.address + layout_.thread_tasks, list);
      if (is_new) add_from_list(thread.interpreter + layout_.interpreter_tasks, list);
    } else if (is_new) {
      add_from_set(thread.interpreter, list);
    }
  }
  return list;
}

void WaitingTasks::add_from_set(RemoteAddress interpreter, List& list) const {
  RemoteAddress weak_set = find_in_asyncio(layout_, memory_, interpreter, kScheduled);
  if (weak_set == RemoteAddress::kNull)
    weak_set = find_in_asyncio(layout_, memory_, interpreter, kAll);
  ObjectReader::Entries attributes;
  if (!objects_.read_attributes(weak_set, kMaxAttributes, attributes)) return;
  std::string name;
  for (const auto& [key, value] : attributes) {
    ObjectReader::Items references;
    if (!objects_.read_string(key, kMaxNameChars, name) || name != kItemsOfWeakSet ||
        !objects_.read_set(value, kMaxTasks - list.tasks.size(), references))
      continue;
    for (const RemoteAddress reference : references.first)
      list.tasks.push_back(objects_.pointer_at(reference + layout_.weakref_object));
    list.complete &= references.first.size() >= references.count;
  }
}

// struct llist_node: next, previous; the head is one of the circle.
void WaitingTasks::add_from_list(RemoteAddress head, List& list) const {
  RemoteAddress node = objects_.pointer_at(head);
  while (node != head && node != RemoteAddress::kNull && list.complete) {
    list.complete = list.tasks.size() < kMaxTasks;
    if (list.complete) list.tasks.push_back(minus(node, layout_.task_node));
    node = objects_.pointer_at(node);
  }
}

std::string WaitingTasks::name_of(RemoteAddress task) const {
  std::string name = "Task";  // what has no names
  if (layout_.task_name == kNone) return name;
  const RemoteAddress object = objects_.pointer_at(task + layout_.task_name);
  const std::uint64_t flags = objects_.type_flags_of(object);
  // From 3.12 on a number alone stands for the name that it ends.
  if (has_flag(flags, TypeFlag::kLong)) return name + "-" + text_.of(object);
  if (has_flag(flags, TypeFlag::kString)) objects_.read_string(object, kMaxNameChars, name);
  return name;
}

std::vector<std::string> WaitingTasks::awaiters_of(RemoteAddress task) const {
  std::vector<std::string> names;
  if (layout_.task_awaited_by == kNone) return names;
  for (std::size_t i = 0; i < kMaxAwaiters; ++i) {
    std::uint8_t is_set = 0;
    std::uint8_t is_task = 0;
    if (!memory_.read_value(task + layout_.task_awaited_by_is_set, is_set) || is_set != 0) break;
    task = objects_.pointer_at(task + layout_.task_awaited_by);
    if (task == RemoteAddress::kNull || !memory_.read_value(task + layout_.task_is_task, is_task))
      break;
    if (is_task != 0) names.push_back(name_of(task));  // a future has no name
  }
  return names;
}

// What an awaited object is or wraps; kNull for what is no coroutine.
RemoteAddress WaitingTasks::coroutine_in(RemoteAddress object) const {
  if (is_wrapper_type(objects_.type_name_of(object)))
    object = objects_.pointer_at(object + layout_.object_type + kWord);
  return is_coroutine_type(objects_.type_name_of(object)) ? object : RemoteAddress::kNull;
}

// kNull for an empty stack; nullopt where the frame is not suspended, but runs.
std::optional<RemoteAddress> WaitingTasks::top_of_stack(RemoteAddress frame) const {
  RemoteAddress end{};  // behind the top
  if (layout_.frame_value_stack != kNone || (layout_.minor >= 11 && layout_.minor < 14)) {
    std::int32_t count = -1;  // as while it runs
    if (!memory_.read_value(frame + layout_.frame_stack_top, count) || count < 0)
      return std::nullopt;
    const RemoteAddress first = layout_.frame_value_stack == kNone
                                    ? frame + layout_.frame_locals
                                    : objects_.pointer_at(frame + layout_.frame_value_stack);
    end = first + std::uint64_t{kWord} * static_cast<std::uint32_t>(count);
    if (count == 0) return RemoteAddress::kNull;
  } else {
    end = objects_.pointer_at(frame + layout_.frame_stack_top);
    if (end == RemoteAddress::kNull) return std::nullopt;
  }
  const std::uint64_t top = to_number(objects_.pointer_at(minus(end, kWord)));
  return RemoteAddress{top & ~std::uint64_t{layout_.frame_code_tag}};
}

std::optional<WaitingTasks::Suspended> WaitingTasks::suspended(RemoteAddress coroutine) const {
  RemoteAddress frame = coroutine + layout_.generator_frame;
  std::int8_t state = kAwaits;
  if (layout_.generator_frame_object != kNone) {
    frame = objects_.pointer_at(coroutine + layout_.generator_frame_object);
    if (frame == RemoteAddress::kNull) return std::nullopt;  // it has ended
  } else if (!memory_.read_value(coroutine + layout_.generator_frame_state, state) || state >= 0) {
    return std::nullopt;
  }
  std::array<std::byte, kMaxFrameBytes> buffer;
  const auto top = top_of_stack(frame);
  if (!top || layout_.frame_size > buffer.size() ||
      !memory_.read(frame, std::span(buffer).first(layout_.frame_size)))
    return std::nullopt;
  const auto parsed = parse_frame(layout_, buffer.data());
  if (!parsed) return std::nullopt;
  // One that has not started has arguments on top.
  const bool awaits = state == kAwaits && parsed->instruction_offset >= 0;
  return Suspended{.frame = {.frame = *parsed, .place = frame},
                   .awaits = awaits ? *top : RemoteAddress::kNull};
}

std::optional<WaitingTask> WaitingTasks::read(RemoteAddress task) const {
  WaitingTask found{.name = name_of(task), .awaited_by = awaiters_of(task), .frames = {}};
  RemoteAddress coroutine = coroutine_in(objects_.pointer_at(task + layout_.task_coro));
  while (coroutine != RemoteAddress::kNull && found.frames.size() < kMaxAwaited) {
    const auto outer = suspended(coroutine);
    if (!outer) return std::nullopt;
    found.frames.push_back(outer->frame);
    coroutine = coroutine_in(outer->awaits);
  }
  if (found.frames.empty()) return std::nullopt;
  std::ranges::reverse(found.frames);
  return found;
}

}  // namespace phlox::cpython
