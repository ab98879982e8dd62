#include "cpython/running_tasks.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "cpython/object_reader.h"
#include "cpython/object_shapes.h"
#include "process/elf_symbols.h"
#include "process/memory_map.h"

namespace phlox::cpython {

using process::RemoteAddress;

namespace {

constexpr std::string_view kSection = ".AsyncioDebug";
constexpr std::string_view kModule = "_asyncio";
constexpr std::string_view kRunningTasks = "_current_tasks";

// struct _Py_AsyncioModuleDebugOffsets of 3.14.
struct AsyncioOffsets {
  struct Task {
    std::uint64_t size, name, awaited_by, is_task, awaited_by_is_set, coro, node;
  } task;
  struct Interpreter {
    std::uint64_t size, tasks_head;
  } interpreter;
  struct Thread {
    std::uint64_t size, running_loop, running_task, tasks_head;
  } thread;
};

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// The module is a library of its own, or part of the interpreter.
bool may_hold_asyncio(std::string_view path) {
  const std::string_view name = base_name(path);
  return name.starts_with("_asyncio.") || name.starts_with("libpython") ||
         name.starts_with("python");
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::uint32_t running_tasks_bytes(const Layout& layout) {
  return layout.thread_running_task != kNone ? kWord : layout.dict_keys + kWord;
}

std::string_view without_number(std::string_view name) {
  std::string_view base = name;
  while (!base.empty() && is_digit(base.back())) base.remove_suffix(1);
  constexpr std::string_view kSeparators = "-_ .:#";
  if (base.size() < name.size() && !base.empty() && kSeparators.contains(base.back()))
    base.remove_suffix(1);
  return base;
}

std::size_t set_task_frames(std::span<const std::byte> data, std::uint32_t char_bytes,
                            std::uint64_t length, std::span<RawFrame> frames) {
  std::array<char, 4 * kMaxTaskNameChars> text;
  std::size_t size = 0;
  for (std::uint64_t i = 0; i < std::min(length, kMaxTaskNameChars); ++i)
    size += Utf8(char_at(data, char_bytes, i)).view().copy(text.data() + size, 4);
  std::string_view name = without_number(std::string_view(text.data(), size));
  if (name.size() > kMaxTaskNameBytes) {
    std::size_t end = kMaxTaskNameBytes;
    while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;
    name = name.substr(0, end);
  }
  return set_task_name(name, frames);
}

std::size_t set_task_name(std::string_view name, std::span<RawFrame> frames) {
  std::size_t count = 0;
  do {
    if (count == frames.size()) return 0;
    std::array<char, kTaskNameBytesPerFrame> piece{};
    const std::size_t size = name.copy(piece.data(), piece.size());
    name.remove_prefix(size);
    RawFrame& frame = frames[count];
    frame.kind = count == 0 ? RawFrameKind::kTask : RawFrameKind::kTaskName;
    std::memcpy(&frame.code, piece.data(), sizeof frame.code);
    std::memcpy(&frame.instruction_offset, piece.data() + sizeof frame.code,
                sizeof frame.instruction_offset);
    ++count;
  } while (!name.empty());
  return count;
}

std::string task_name(std::span<const RawFrame> frames) {
  std::string name;
  for (const RawFrame& frame : frames) {
    if (frame.kind != (name.empty() ? RawFrameKind::kTask : RawFrameKind::kTaskName)) break;
    std::array<char, kTaskNameBytesPerFrame + 1> piece{};
    std::memcpy(piece.data(), &frame.code, sizeof frame.code);
    std::memcpy(piece.data() + sizeof frame.code, &frame.instruction_offset,
                sizeof frame.instruction_offset);
    name += piece.data();
    if (name.size() % kTaskNameBytesPerFrame != 0 || name.empty()) break;
  }
  return name;
}

RemoteAddress find_in_asyncio(const Layout& layout, const process::MemoryReader& memory,
                              RemoteAddress interpreter, std::string_view name) {
  const ObjectReader objects(layout, memory);
  const RemoteAddress modules = objects.pointer_at(interpreter + layout.interpreter_modules);
  const RemoteAddress module = objects.find_in_dict(modules, kModule);
  if (module == RemoteAddress::kNull) return module;
  return objects.find_in_dict(objects.pointer_at(module + layout.module_dict), name);
}

Result<Layout> with_asyncio_offsets(const Layout& layout, const process::MemoryReader& memory,
                                    RemoteAddress section) {
  AsyncioOffsets offsets{};
  if (!memory.read_value(section, offsets))
    return Error::corrupt("cannot read the debug offsets of asyncio");
  const std::array all = {offsets.task.name,
                          offsets.task.awaited_by,
                          offsets.task.awaited_by_is_set,
                          offsets.task.is_task,
                          offsets.task.coro,
                          offsets.task.node,
                          offsets.interpreter.tasks_head,
                          offsets.thread.running_task,
                          offsets.thread.tasks_head};
  for (const std::uint64_t offset : all)
    if (offset == 0 || offset > kMaxOffset)
      return Error::corrupt("the debug offsets of asyncio are absurd ({})", offset);
  const auto narrow = [](std::uint64_t offset) { return static_cast<std::uint32_t>(offset); };
  Layout adapted = layout;
  adapted.task_name = narrow(offsets.task.name);
  adapted.task_coro = narrow(offsets.task.coro);
  adapted.task_awaited_by = narrow(offsets.task.awaited_by);
  adapted.task_awaited_by_is_set = narrow(offsets.task.awaited_by_is_set);
  adapted.task_is_task = narrow(offsets.task.is_task);
  adapted.task_node = narrow(offsets.task.node);
  adapted.interpreter_tasks = narrow(offsets.interpreter.tasks_head);
  adapted.thread_running_task = narrow(offsets.thread.running_task);
  adapted.thread_tasks = narrow(offsets.thread.tasks_head);
  return adapted;
}

RemoteAddress find_asyncio_section(pid_t pid) {
  const auto mappings = process::read_mappings(pid);
  if (!mappings) return RemoteAddress::kNull;
  std::string_view looked_into;
  for (const process::Mapping& mapping : *mappings) {
    if (mapping.path == looked_into || !may_hold_asyncio(mapping.path)) continue;
    looked_into = mapping.path;
    const auto elf = process::look_up_mapped(pid, mapping, {}, kSection);
    if (!elf) continue;
    if (const auto section = elf->section) return *section;
  }
  return RemoteAddress::kNull;
}

RemoteAddress RunningTasks::known(const Layout& layout, const ThreadState& thread) const {
  if (layout.thread_running_task != kNone) return thread.address + layout.thread_running_task;
  const auto found = std::ranges::find(found_, thread.interpreter, &Found::interpreter);
  return found == found_.end() ? RemoteAddress::kNull : found->tasks;
}

RemoteAddress RunningTasks::search(pid_t pid, Layout& layout, const process::MemoryReader& memory,
                                   const ThreadState& thread) {
  if (layout.task_name == kNone) return RemoteAddress::kNull;
  if (const auto found = known(layout, thread); found != RemoteAddress::kNull) return found;
  if (layout.has_asyncio_offsets()) {
    const RemoteAddress section = find_asyncio_section(pid);
    if (section == RemoteAddress::kNull) return section;
    auto adapted = with_asyncio_offsets(layout, memory, section);
    if (!adapted) return RemoteAddress::kNull;
    layout = std::move(*adapted);
    return known(layout, thread);
  }
  const RemoteAddress tasks = find_in_asyncio(layout, memory, thread.interpreter, kRunningTasks);
  if (tasks != RemoteAddress::kNull) found_.push_back({thread.interpreter, tasks});
  return tasks;
}

}  // namespace phlox::cpython
