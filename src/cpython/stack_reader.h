// StackReader: copies what is needed of one thread's Python stack out of a process in as few system
// calls as possible, and walks it.
//
// From 3.11 on frames lie one after the other in chunks of the thread's data stack, the newest
// chunk first:
//
//     PyThreadState ----> chunk [previous size top | frame frame frame .... ]
//        current_frame ------------------------------------------^    each frame points to its
//        caller (previous)
//
// but entry frames (3.12 on) lie on the C stack and frames of generators on the heap. Before 3.11
// every frame is an object on the heap. So a sample reads the thread state, the newest chunk and
// everything the last sample of the thread needed besides in one scattered read, on the guess that
// little has moved, and reads singly only what the guess missed.
//
// For some instructions the chain of frames is not linked, and even a thread that stands still can
// be met there: while a generator is resumed or suspended, its frame has no caller; to 3.12, while
// an evaluation loop begins, its frame is not known yet. Who called is then found by other ways
// that are certain (stack_reader_links.cc); where there is none, the stack says that it is
// incomplete.
//
// No parsing beyond following pointers, and no allocation but when a stack needs more pieces than
// ever before: the target may be waiting for the CPU on which this runs. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "cpython/layout.h"
#include "cpython/thread_list.h"
#include "process/memory_reader.h"

namespace phlox::cpython {

enum class RawFrameKind : std::uint32_t {
  kPython,      // code: a PyCodeObject
  kNative,      // code: a native::FunctionId; no offset
  kKernel,      // the same, of the kernel
  kCollection,  // the garbage collection of CPython; no code
  kTask,        // a task of asyncio, below the frames that it runs; begins its name
  kTaskName,    // follows kTask towards the root: more of the name
  // Not a frame: the evaluation loop that ran the frames before it. code: an address inside the
  // loop's own frame on the C stack.
  kLoop,
};

// A frame as it is found: resolved to names later, off the hot path. Without padding: frames are
// hashed and compared as bytes. Of a task the name itself is kept (set_task_name), in code and
// instruction_offset of as many frames as it needs: a task may be gone when its name is wanted.
struct RawFrame {
  process::RemoteAddress code{};
  // Bytes from the start of the code object, or to 3.10 of its instructions.
  std::int32_t instruction_offset = 0;
  RawFrameKind kind = RawFrameKind::kPython;
  bool operator==(const RawFrame&) const = default;
};

// From the bytes of a frame, Layout::frame_size of them; nullopt if they are none.
std::optional<RawFrame> parse_frame(const Layout& layout, const std::byte* bytes);

// A stack deeper than this keeps its leaf side; the same bound as profile::kMaxStackFrames.
inline constexpr std::size_t kMaxRawFrames = 512;

enum class StackStatus : std::uint8_t {
  kComplete,     // down to the thread's first frame
  kTruncated,    // deeper than kMaxRawFrames, or larger than what is copied
  kIncomplete,   // whoever called the last frame is not known
  kUnreadable,   // memory that cannot be read or makes no sense
  kOtherThread,  // the thread state now belongs to another thread: look it up again
  kOtherState,   // the thread may use one of another interpreter: see Use
};

struct RawStack {
  StackStatus status = StackStatus::kUnreadable;
  std::uint32_t frame_count = 0;
  // On which the thread was last in its own code, when all of the stack had been read.
  std::optional<std::uint32_t> last_cpu;
  std::array<RawFrame, kMaxRawFrames> frames;                // leaf first
  std::array<process::RemoteAddress, kMaxRawFrames> places;  // where each frame of Python lies
  std::span<const RawFrame> view() const { return {frames.data(), frame_count}; }
};

// Where the last sample of a thread found things. Kept by the caller, one a thread.
struct StackGuess {
  struct Range {
    process::RemoteAddress from{};
    std::uint32_t size = 0;
  };
  std::uint32_t thread_bytes = 0;  // of the thread state, where more of it is needed than always
  process::RemoteAddress cframe{};
  Range chunk;
  std::vector<Range> others;  // older chunks, entry frames, generator frames, frame objects
};

// Whether stacks tell where their evaluation loops lie on the C stack (RawFrameKind::kLoop); from
// 3.11 on.
enum class Loops : std::uint8_t { kLeaveOut, kTell };

// Whether it is known that the thread uses this state now, and not one of another interpreter
// (state_in_use()). Where the process has several and the thread does not hold the GIL, which tells
// as well, a stack that is not known to be in use is not read: kOtherState.
enum class Use : std::uint8_t { kUnknown, kKnown };

class StackReader {
 public:
  explicit StackReader(Loops loops = Loops::kLeaveOut);

  // `thread` is what a listing found; its identity is what the thread state must still say at
  // Layout::thread_identity(). Reads into `out`, updates `guess`.
  void read(const Layout& layout, const process::MemoryReader& memory, const ThreadState& thread,
            StackGuess& guess, RawStack& out, Use use = Use::kUnknown);

 private:
  struct Copy {
    process::RemoteAddress from{};
    std::uint32_t size = 0;
    std::uint32_t at = 0;  // in arena_
    bool used = false;
  };
  static constexpr std::size_t kMaxRunningTasks = 16;
  // One call of read().
  struct Walk {
    const Layout& layout;
    const process::MemoryReader& memory;
    const ThreadState& thread;
    const StackGuess& guess;
    process::RemoteAddress cframe{};
    process::RemoteAddress chunk{};         // newest
    process::RemoteAddress oldest_chunk{};  // that a frame was found in
    process::RemoteAddress top{};           // where the frames in the newest end
    std::uint32_t chunk_bytes = 0;          // in use in the newest
    // To 3.12: the frame in which the newest evaluation loop was entered, as the older loop has it.
    bool has_caller = false;
    process::RemoteAddress caller{};
    bool linked = true;  // the frames of the newest loop lead there
    bool collects = false;
    bool in_one_read = true;               // so far
    process::RemoteAddress loop_cframe{};  // 3.11: of the loop that runs the next frame
    // Tasks that run now, in any thread.
    struct Task {
      process::RemoteAddress address{};
      process::RemoteAddress frame{};  // of its coroutine
    };
    std::array<Task, kMaxRunningTasks> tasks = {};
    std::size_t task_count = 0;
  };

  static constexpr std::size_t kArenaBytes = std::size_t{512} * 1024;
  static constexpr std::size_t kMaxCopies = kMaxRawFrames + 64;
  static constexpr std::uint32_t kMaxChunkBytes = 128 * 1024;

  bool reserve(process::RemoteAddress from, std::uint32_t size);
  std::size_t copy_reserved(const process::MemoryReader& memory, std::size_t first);
  bool copy_now(const process::MemoryReader& memory, process::RemoteAddress from,
                std::uint32_t size);
  const std::byte* find(process::RemoteAddress from, std::uint32_t size);
  template <class T>
  bool value_at(process::RemoteAddress from, T& value) {
    const std::byte* bytes = find(from, sizeof(T));
    if (bytes == nullptr) return false;
    std::memcpy(&value, bytes, sizeof value);
    return true;
  }

  // The same, read now if it has not been copied yet.
  template <class T>
  bool fetch(const process::MemoryReader& memory, process::RemoteAddress from, T& value) {
    return value_at(from, value) || (copy_now(memory, from, sizeof value) && value_at(from, value));
  }
  std::span<const std::byte> fetch_bytes(const process::MemoryReader& memory,
                                         process::RemoteAddress from, std::uint32_t size);

  bool guess_copies(const Walk& walk);
  bool copy_newest_chunk(Walk& walk);
  bool copy_chunk(const Walk& walk, process::RemoteAddress chunk, process::RemoteAddress top);
  bool find_first_frame(Walk& walk, process::RemoteAddress& frame);
  const std::byte* frame_bytes(Walk& walk, process::RemoteAddress frame);
  bool copy_older_chunk(Walk& walk, process::RemoteAddress frame);
  static bool add_frame(const Layout& layout, process::RemoteAddress at, const std::byte* bytes,
                        RawStack& out);
  StackStatus walk_frames(Walk& walk, process::RemoteAddress frame, RawStack& out);
  StackStatus walk_frame_objects(Walk& walk, process::RemoteAddress frame, RawStack& out);
  bool collects(Walk& walk);
  bool may_use_another(Walk& walk);
  void add_loop(Walk& walk, process::RemoteAddress entry_frame, RawStack& out);
  void find_caller_of_loop(Walk& walk);
  process::RemoteAddress caller_of_generator(Walk& walk, process::RemoteAddress frame);
  process::RemoteAddress newest_generator(const Walk& walk, process::RemoteAddress except);
  process::RemoteAddress newest_on_data_stack(const Walk& walk, process::RemoteAddress below);
  template <class Predicate>
  process::RemoteAddress first_in_chain(Walk& walk, process::RemoteAddress frame,
                                        Predicate is_wanted);
  void find_running_tasks(Walk& walk);
  void add_running_task(Walk& walk, process::RemoteAddress task);
  void add_task_frames(const Walk& walk, process::RemoteAddress coroutine_frame, RawStack& out);
  process::RemoteAddress awaiter_of(const Walk& walk, process::RemoteAddress task);
  void name_task(const Walk& walk, process::RemoteAddress task, RawStack& out);
  void remember(const Walk& walk, StackGuess& guess);
  std::optional<std::uint32_t> last_cpu(const Walk& walk, std::size_t guessed);

  const Loops loops_;
  std::unique_ptr<std::array<std::byte, kArenaBytes>> arena_;
  std::uint32_t arena_used_ = 0;
  std::array<Copy, kMaxCopies> copies_;
  std::size_t copy_count_ = 0;
  std::size_t last_hit_ = 0;
};

}  // namespace phlox::cpython
