// A process whose memory lies: every word is whatever the input makes of it, many of them addresses
// that lead on. The reader ends, stays within its bounds, and finds the same with the guess that it
// has made for itself.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

#include "base/check.h"
#include "cpython/code_objects.h"
#include "cpython/frame_locals.h"
#include "cpython/running_tasks.h"
#include "cpython/stack_reader.h"
#include "cpython/waiting_tasks.h"

namespace {

using namespace phlox;
using process::RemoteAddress;

class HostileMemory final : public process::MemoryReader {
 public:
  static constexpr std::uint64_t kBase = 0x10000;
  static constexpr std::size_t kBytes = 16 * 1024;

  explicit HostileMemory(std::span<const std::uint8_t> input) {
    for (std::size_t word = 0; word < kBytes / 8; ++word) {
      const std::uint64_t first = input[2 * word % input.size()];
      const std::uint64_t second = input[(2 * word + 1) % input.size()];
      std::uint64_t value = second;  // a small number
      if (first < 0xA0) value = kBase + ((first << 8 | second) * 8 + word % 64 * 8) % kBytes;
      if (first >= 0xF0) value = first << 56 | second << 28 | first;
      std::memcpy(bytes_.data() + word * 8, &value, sizeof value);
    }
  }

  std::size_t read_ranges(std::span<const process::ReadRange> ranges) const override {
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      const std::uint64_t from = to_number(ranges[i].from);
      const std::size_t size = ranges[i].into.size();
      if (from < kBase || from - kBase > kBytes || size > kBytes - (from - kBase)) return i;
      std::ranges::copy(std::span(bytes_).subspan(from - kBase, size), ranges[i].into.begin());
    }
    return ranges.size();
  }

 private:
  std::array<std::byte, kBytes> bytes_;
};

// As a target of 3.14 would say it.
cpython::Layout with_tasks(cpython::Layout layout) {
  if (!layout.has_asyncio_offsets()) return layout;
  layout.thread_running_task = 872;
  layout.thread_tasks = 880;
  layout.interpreter_tasks = 936;
  layout.task_node = 152;
  layout.task_awaited_by = 96;
  layout.task_is_task = 108;
  layout.task_awaited_by_is_set = 109;
  return layout;
}

bool all_was_read(const cpython::RawStack& stack) {
  return stack.status == cpython::StackStatus::kComplete ||
         stack.status == cpython::StackStatus::kIncomplete;
}

void check_locals(const std::vector<cpython::Local>& locals) {
  PHLOX_CHECK(locals.size() <= cpython::kMaxLocals + 1);
  for (const cpython::Local& local : locals) {
    PHLOX_CHECK(local.name.size() <= 4 * cpython::kMaxLocalNameChars);
    PHLOX_CHECK(local.value.size() <= cpython::kMaxTextBytes);
  }
}

void check_waiting_tasks(const cpython::WaitingTasks& tasks, const cpython::ThreadState& thread) {
  const auto list = tasks.list({&thread, 1});
  PHLOX_CHECK(list.tasks.size() <= cpython::kMaxTasks);
  for (std::size_t i = 0; i < std::min<std::size_t>(list.tasks.size(), 4); ++i) {
    const auto task = tasks.read(list.tasks[i]);
    PHLOX_CHECK(!task || (!task->frames.empty() && task->frames.size() <= cpython::kMaxAwaited));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::uint32_t version = data[0] % 10u;
  const cpython::Layout* known =
      version == 9 ? cpython::layout_of(7, 2) : cpython::layout_of(6 + version);
  PHLOX_CHECK(known != nullptr);
  const cpython::Layout layout = with_tasks(*known);
  const HostileMemory memory(std::span(data, size).subspan(1));
  static cpython::StackReader reader;
  static const auto first = std::make_unique<cpython::RawStack>();
  static const auto second = std::make_unique<cpython::RawStack>();
  cpython::ThreadState thread{.address = RemoteAddress{HostileMemory::kBase + 512},
                              .gil = RemoteAddress{HostileMemory::kBase + 1024},
                              .collecting = RemoteAddress{HostileMemory::kBase},
                              .interpreter = RemoteAddress{HostileMemory::kBase + 4096},
                              .running_tasks = {}};
  if (layout.task_name != cpython::kNone && data[1] % 4 != 0)
    thread.running_tasks = RemoteAddress{HostileMemory::kBase + 2048};
  // As the list of threads would have it.
  memory.read_value(thread.address + layout.thread_identity(), thread.identity);

  cpython::StackGuess guess;
  reader.read(layout, memory, thread, guess, *first);
  PHLOX_CHECK(first->frame_count <= cpython::kMaxRawFrames);
  reader.read(layout, memory, thread, guess, *second);
  PHLOX_CHECK(second->frame_count <= cpython::kMaxRawFrames);
  if (all_was_read(*first) && all_was_read(*second))
    PHLOX_CHECK(std::ranges::equal(first->view(), second->view()));

  for (std::size_t i = 0; i < first->frame_count; ++i)
    PHLOX_CHECK(cpython::task_name(first->view().subspan(i)).size() <= cpython::kMaxTaskNameBytes);

  cpython::CodeObjects codes(layout, memory);
  cpython::FrameLocals locals(layout, memory);
  for (std::size_t i = 0; i < std::min(first->frame_count, 8u); ++i) {
    const cpython::RawFrame& frame = first->frames[i];
    if (frame.kind != cpython::RawFrameKind::kPython) continue;
    if (const cpython::Code* code = codes.find(frame.code))
      codes.line(*code, frame.instruction_offset);
    check_locals(locals.read(first->places[i], frame.code));
  }
  check_waiting_tasks({layout, memory}, thread);
  return 0;
}
