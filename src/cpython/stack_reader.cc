#include "cpython/stack_reader.h"

#include <algorithm>
#include <cstring>

#include "cpython/running_tasks.h"

namespace phlox::cpython {

using process::MemoryReader;
using process::ReadRange;
using process::RemoteAddress;

namespace {

// _PyStackChunk (CPython 3.11 to 3.14, Include/cpython/pystate.h): previous, size in bytes, top in
// words, then the words.
struct ChunkHeader {
  RemoteAddress previous;
  std::uint64_t size;
  std::uint64_t top;
};

// The stack may have grown since the last sample; a little more costs nothing.
constexpr std::uint32_t kChunkSlack = 512;
constexpr std::size_t kMaxOlderChunks = 64;
constexpr std::size_t kRangesPerRead = 64;
constexpr std::uint64_t kMaxThreadStateBytes = 1024;

std::uint32_t thread_state_bytes(const Layout& layout) {
  std::uint32_t end = layout.thread_identity();
  for (const std::uint32_t member :
       {layout.thread_datastack_chunk, layout.thread_datastack_top, layout.thread_cframe,
        layout.thread_current_frame, layout.thread_exc_info})
    if (member != kNone) end = std::max(end, member);
  return end + kWord;
}

std::uint32_t cframe_bytes(const Layout& layout) {
  return std::max(layout.cframe_current_frame, layout.cframe_previous) + kWord;
}

template <class T>
T load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

}  // namespace

std::optional<RawFrame> parse_frame(const Layout& layout, const std::byte* bytes) {
  const RemoteAddress code{load<std::uint64_t>(bytes + layout.frame_code) &
                           ~std::uint64_t{layout.frame_code_tag}};
  if (code == RemoteAddress::kNull || to_number(code) % kWord != 0) return std::nullopt;
  RawFrame frame{.code = code};
  if (layout.has_frame_objects()) {
    const std::int64_t last = load<std::int32_t>(bytes + layout.frame_last_instruction);
    frame.instruction_offset = static_cast<std::int32_t>(last * layout.frame_last_instruction_unit);
  } else {
    frame.instruction_offset = static_cast<std::int32_t>(
        load<std::uint64_t>(bytes + layout.frame_instruction) - to_number(code));
  }
  return frame;
}

StackReader::StackReader(Loops loops)
    : loops_(loops), arena_(std::make_unique<std::array<std::byte, kArenaBytes>>()) {}

// Makes room for a range; copy_reserved() fills it.
bool StackReader::reserve(RemoteAddress from, std::uint32_t size) {
  if (copy_count_ == copies_.size() || arena_used_ + size > kArenaBytes) return false;
  copies_[copy_count_++] = {from, size, arena_used_, false};
  arena_used_ += size;
  return true;
}

// Fills the ranges from `first` on and forgets those that could not be read. Returns how many were.
std::size_t StackReader::copy_reserved(const MemoryReader& memory, std::size_t first) {
  std::array<ReadRange, kRangesPerRead> ranges;
  std::size_t next = first;
  while (next < copy_count_) {
    const std::size_t count = std::min(ranges.size(), copy_count_ - next);
    for (std::size_t i = 0; i < count; ++i) {
      const Copy& copy = copies_[next + i];
      ranges[i] = {copy.from, std::span(*arena_).subspan(copy.at, copy.size)};
    }
    const std::size_t done = memory.read_ranges(std::span(ranges).first(count));
    next += done;
    if (done < count) copy_count_ = next;
  }
  return copy_count_ - first;
}

bool StackReader::copy_now(const MemoryReader& memory, RemoteAddress from, std::uint32_t size) {
  const std::size_t first = copy_count_;
  return reserve(from, size) && copy_reserved(memory, first) == 1;
}

const std::byte* StackReader::find(RemoteAddress from, std::uint32_t size) {
  const auto holds = [&](const Copy& copy) {
    const std::uint64_t offset = to_number(from) - to_number(copy.from);
    return from >= copy.from && offset <= copy.size && size <= copy.size - offset;
  };
  if (last_hit_ >= copy_count_ || !holds(copies_[last_hit_])) {
    // Frame objects are remembered in the order in which they are walked.
    ++last_hit_;
  }
  if (last_hit_ >= copy_count_ || !holds(copies_[last_hit_])) {
    const auto* end = copies_.data() + copy_count_;
    const auto* found = std::find_if(static_cast<const Copy*>(copies_.data()), end, holds);
    if (found == end) return nullptr;
    last_hit_ = static_cast<std::size_t>(found - copies_.data());
  }
  Copy& copy = copies_[last_hit_];
  copy.used = true;
  return arena_->data() + copy.at + (to_number(from) - to_number(copy.from));
}

std::span<const std::byte> StackReader::fetch_bytes(const MemoryReader& memory, RemoteAddress from,
                                                    std::uint32_t size) {
  const std::byte* bytes = find(from, size);
  if (bytes == nullptr && copy_now(memory, from, size)) bytes = find(from, size);
  return bytes == nullptr ? std::span<const std::byte>() : std::span(bytes, size);
}

bool StackReader::guess_copies(const Walk& walk) {
  copy_count_ = 0;
  arena_used_ = 0;
  last_hit_ = 0;
  // What is sure to be readable comes first: a failed range ends the read.
  if (walk.thread.newest_interpreter != RemoteAddress::kNull)
    reserve(walk.thread.newest_interpreter, sizeof(RemoteAddress));
  reserve(walk.thread.address, std::max(thread_state_bytes(walk.layout), walk.guess.thread_bytes));
  if (walk.thread.collecting != RemoteAddress::kNull)
    reserve(walk.thread.collecting, sizeof(std::int32_t));
  if (walk.thread.running_tasks != RemoteAddress::kNull)
    reserve(walk.thread.running_tasks, running_tasks_bytes(walk.layout));
  if (walk.guess.chunk.size > 0) reserve(walk.guess.chunk.from, walk.guess.chunk.size);
  if (walk.guess.cframe != RemoteAddress::kNull)
    reserve(walk.guess.cframe, cframe_bytes(walk.layout));
  for (const StackGuess::Range& range : walk.guess.others) reserve(range.from, range.size);
  // Last: see last_cpu().
  if (walk.thread.last_cpu != RemoteAddress::kNull)
    reserve(walk.thread.last_cpu, sizeof(std::uint32_t));
  return copy_reserved(walk.memory, 0) > 0;
}

bool StackReader::copy_newest_chunk(Walk& walk) {
  if (!value_at(walk.thread.address + walk.layout.thread_datastack_chunk, walk.chunk) ||
      !value_at(walk.thread.address + walk.layout.thread_datastack_top, walk.top) ||
      !copy_chunk(walk, walk.chunk, walk.top))
    return false;
  walk.oldest_chunk = walk.chunk;
  walk.chunk_bytes = walk.chunk == RemoteAddress::kNull
                         ? 0
                         : static_cast<std::uint32_t>(std::min<std::uint64_t>(
                               to_number(walk.top) - to_number(walk.chunk), kMaxChunkBytes));
  return true;
}

// The newest chunk up to its top, unless the guess has it already.
bool StackReader::copy_chunk(const Walk& walk, RemoteAddress chunk, RemoteAddress top) {
  if (chunk == RemoteAddress::kNull) return true;  // a thread that has not run Python yet
  if (top < chunk) return false;
  const auto size = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(to_number(top) - to_number(chunk), kMaxChunkBytes));
  if (size < sizeof(ChunkHeader)) return false;
  return find(chunk, size) != nullptr || copy_now(walk.memory, chunk, size);
}

bool StackReader::find_first_frame(Walk& walk, RemoteAddress& frame) {
  const Layout& layout = walk.layout;
  if (layout.thread_current_frame != kNone)
    return value_at(walk.thread.address + layout.thread_current_frame, frame);
  if (walk.cframe == RemoteAddress::kNull) return false;
  const std::uint32_t size = cframe_bytes(layout);
  if (find(walk.cframe, size) == nullptr && !copy_now(walk.memory, walk.cframe, size)) return false;
  find_caller_of_loop(walk);
  return value_at(walk.cframe + layout.cframe_current_frame, frame);
}

// Copies the older chunk in which `frame` lies, if it lies in one: else it is an entry frame or a
// generator's.
bool StackReader::copy_older_chunk(Walk& walk, RemoteAddress frame) {
  RemoteAddress chunk = walk.oldest_chunk;
  for (std::size_t i = 0; i < kMaxOlderChunks && chunk != RemoteAddress::kNull; ++i) {
    RemoteAddress previous{};
    if (!value_at(chunk, previous) || previous == RemoteAddress::kNull) return false;
    ChunkHeader header{};
    if (!value_at(previous, header) &&
        (!copy_now(walk.memory, previous, sizeof header) || !value_at(previous, header)))
      return false;
    if (frame > previous && to_number(frame) < to_number(previous) + header.size) {
      walk.oldest_chunk = previous;
      if (header.top > kMaxChunkBytes / kWord) return false;
      const std::uint64_t used = sizeof header + header.top * kWord;
      return used <= header.size && used <= kMaxChunkBytes &&
             copy_now(walk.memory, previous, static_cast<std::uint32_t>(used));
    }
    chunk = previous;
  }
  return false;
}

const std::byte* StackReader::frame_bytes(Walk& walk, RemoteAddress frame) {
  const std::uint32_t size = walk.layout.frame_size;
  if (const std::byte* bytes = find(frame, size)) return bytes;
  if (copy_older_chunk(walk, frame)) {
    if (const std::byte* bytes = find(frame, size)) return bytes;
  }
  return copy_now(walk.memory, frame, size) ? find(frame, size) : nullptr;
}

// False: these bytes are no frame.
bool StackReader::add_frame(const Layout& layout, RemoteAddress at, const std::byte* bytes,
                            RawStack& out) {
  const auto frame = parse_frame(layout, bytes);
  if (!frame) return false;
  out.places[out.frame_count] = at;
  out.frames[out.frame_count++] = *frame;
  return true;
}

// While a collection runs, who holds the GIL runs it.
bool StackReader::collects(Walk& walk) {
  const ThreadState& thread = walk.thread;
  std::int32_t collecting = 0;
  if (!value_at(thread.collecting, collecting) || collecting == 0) return false;
  walk.in_one_read = false;
  return holds_gil(walk.layout, walk.memory, thread);
}

// To 3.11 the interpreters share the GIL, and it does not tell which state of a thread has it.
bool StackReader::may_use_another(Walk& walk) {
  const ThreadState& thread = walk.thread;
  RemoteAddress newest{};
  if (!value_at(thread.newest_interpreter, newest) ||
      (newest == thread.interpreter && !thread.has_older_interpreter))
    return false;
  walk.in_one_read = false;
  return walk.layout.interpreter_gil == kNone || !holds_gil(walk.layout, walk.memory, thread);
}

// Behind the frames that one loop runs. `entry_frame`: on the C stack, where the version has such.
void StackReader::add_loop(Walk& walk, RemoteAddress entry_frame, RawStack& out) {
  if (loops_ == Loops::kLeaveOut || out.frame_count == kMaxRawFrames) return;
  RemoteAddress address = entry_frame;
  if (walk.layout.thread_cframe != kNone && walk.layout.frame_is_entry != kNone) {
    address = walk.loop_cframe;
    if (!fetch(walk.memory, address + walk.layout.cframe_previous, walk.loop_cframe))
      walk.loop_cframe = RemoteAddress::kNull;
  }
  if (address == RemoteAddress::kNull) return;
  out.places[out.frame_count] = address;
  out.frames[out.frame_count++] = {.code = address, .kind = RawFrameKind::kLoop};
}

StackStatus StackReader::walk_frames(Walk& walk, RemoteAddress frame, RawStack& out) {
  const Layout& layout = walk.layout;
  // From 3.12 on the oldest frame is an entry frame: a chain that ends elsewhere is torn.
  bool at_end = frame == RemoteAddress::kNull || layout.frame_owner_c_stack == kNone;
  out.frame_count = walk.collects ? 1 : 0;
  // Entry frames are stepped over, so more steps than frames are allowed; the bound ends a circle
  // in damaged memory.
  for (std::size_t step = 0; step < 2 * kMaxRawFrames; ++step) {
    if (frame == RemoteAddress::kNull)
      return at_end && walk.linked ? StackStatus::kComplete : StackStatus::kIncomplete;
    if (out.frame_count == kMaxRawFrames) return StackStatus::kTruncated;
    const std::byte* bytes = frame_bytes(walk, frame);
    if (bytes == nullptr)
      return copy_count_ == kMaxCopies ? StackStatus::kTruncated : StackStatus::kUnreadable;
    const std::uint32_t owner = load<std::uint8_t>(bytes + layout.frame_owner);
    const bool is_entry = owner >= layout.frame_owner_c_stack;
    auto previous = load<RemoteAddress>(bytes + layout.frame_previous);
    const bool begins_loop = is_entry || (layout.frame_is_entry != kNone &&
                                          load<std::uint8_t>(bytes + layout.frame_is_entry) != 0);
    if (!is_entry && !add_frame(layout, frame, bytes, out)) return StackStatus::kUnreadable;
    if (walk.task_count > 0) add_task_frames(walk, frame, out);
    if (previous == RemoteAddress::kNull && owner == layout.frame_owner_generator) {
      // 3.11 runs each generator in a loop of its own: see below.
      if (step == 0 && layout.frame_is_entry == kNone) previous = caller_of_generator(walk, frame);
      if (previous == RemoteAddress::kNull) return StackStatus::kIncomplete;
    }
    if (begins_loop && !walk.linked) {
      if (previous != walk.caller) return StackStatus::kIncomplete;
      walk.linked = true;
    }
    if (begins_loop) add_loop(walk, frame, out);
    at_end |= is_entry && previous == RemoteAddress::kNull;
    frame = previous;
  }
  return StackStatus::kTruncated;
}

// To 3.10.
StackStatus StackReader::walk_frame_objects(Walk& walk, RemoteAddress frame, RawStack& out) {
  while (frame != RemoteAddress::kNull) {
    if (out.frame_count == kMaxRawFrames) return StackStatus::kTruncated;
    const std::byte* bytes = frame_bytes(walk, frame);
    if (bytes == nullptr || !add_frame(walk.layout, frame, bytes, out))
      return StackStatus::kUnreadable;
    if (walk.task_count > 0) add_task_frames(walk, frame, out);
    frame = load<RemoteAddress>(bytes + walk.layout.frame_previous);
  }
  return StackStatus::kComplete;
}

void StackReader::remember(const Walk& walk, StackGuess& guess) {
  guess.cframe = walk.cframe;
  guess.chunk = {walk.chunk, 0};
  // What follows the chunk need not be mapped, and a range that fails ends the read.
  if (ChunkHeader header{}; value_at(walk.chunk, header))
    guess.chunk.size = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(walk.chunk_bytes + kChunkSlack, header.size));
  guess.others.clear();
  for (std::size_t i = 0; i < copy_count_; ++i) {
    const Copy& copy = copies_[i];
    const bool fixed =
        copy.from == walk.thread.address || copy.from == walk.thread.collecting ||
        copy.from == walk.thread.running_tasks || copy.from == walk.chunk ||
        copy.from == walk.thread.newest_interpreter || copy.from == walk.thread.last_cpu ||
        (copy.from <= walk.cframe && to_number(walk.cframe) < to_number(copy.from) + copy.size);
    if (!copy.used || fixed) continue;
    // The oldest _PyCFrame, for one: a longer range costs nothing, one more does.
    const std::uint64_t end = to_number(copy.from) + copy.size - to_number(walk.thread.address);
    if (copy.from > walk.thread.address && end <= kMaxThreadStateBytes) {
      guess.thread_bytes = std::max(guess.thread_bytes, static_cast<std::uint32_t>(end));
    } else {
      guess.others.push_back({copy.from, copy.size});
    }
  }
}

// What a scattered read copies, it copies in order, so the guessed ranges came before this.
std::optional<std::uint32_t> StackReader::last_cpu(const Walk& walk, std::size_t guessed) {
  const RemoteAddress from = walk.thread.last_cpu;
  std::uint32_t cpu = 0;
  if (from == RemoteAddress::kNull) return std::nullopt;
  const bool is_fresh = walk.in_one_read && copy_count_ == guessed && value_at(from, cpu);
  if (!is_fresh && !walk.memory.read_value(from, cpu)) return std::nullopt;
  return cpu;
}

void StackReader::read(const Layout& layout, const MemoryReader& memory, const ThreadState& thread,
                       StackGuess& guess, RawStack& out, Use use) {
  out.status = StackStatus::kUnreadable;
  out.frame_count = 0;
  out.last_cpu.reset();
  Walk walk{.layout = layout, .memory = memory, .thread = thread, .guess = guess};
  if (!guess_copies(walk)) return;
  const std::size_t guessed = copy_count_;

  // The state of an interpreter that has ended may say anything, so this comes first.
  if (use == Use::kUnknown && may_use_another(walk)) {
    out.status = StackStatus::kOtherState;
    return;
  }
  std::uint64_t says = 0;
  if (!value_at(thread.address + layout.thread_identity(), says)) return;
  if (says != thread.identity) {
    out.status = StackStatus::kOtherThread;
    return;
  }
  if (layout.thread_cframe != kNone) value_at(thread.address + layout.thread_cframe, walk.cframe);
  if (layout.thread_datastack_chunk != kNone && !copy_newest_chunk(walk)) return;

  RemoteAddress frame{};
  const bool found_first = find_first_frame(walk, frame);
  walk.collects = found_first && collects(walk);
  if (walk.collects) out.frames[out.frame_count++] = {.kind = RawFrameKind::kCollection};
  if (found_first && thread.running_tasks != RemoteAddress::kNull) find_running_tasks(walk);
  if (found_first && layout.has_frame_objects()) {
    out.status = walk_frame_objects(walk, frame, out);
  } else if (found_first) {
    walk.linked = !walk.has_caller;
    walk.loop_cframe = walk.cframe;
    out.status = walk_frames(walk, frame, out);
    if (!walk.linked && walk.caller != RemoteAddress::kNull &&
        out.status != StackStatus::kTruncated) {
      // The newest loop does not say yet what it runs.
      walk.linked = true;
      if (!value_at(walk.cframe + layout.cframe_previous, walk.loop_cframe))
        walk.loop_cframe = RemoteAddress::kNull;
      out.status = walk_frames(walk, walk.caller, out);
    }
  }
  if (thread.running_tasks != RemoteAddress::kNull) walk.in_one_read = false;
  out.last_cpu = last_cpu(walk, guessed);
  remember(walk, guess);
}

}  // namespace phlox::cpython
