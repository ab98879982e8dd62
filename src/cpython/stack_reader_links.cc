// Who called, where the chain of frames does not tell at this instant.
#include <cstddef>

#include "cpython/stack_reader.h"

namespace phlox::cpython {

using process::RemoteAddress;

namespace {

constexpr std::uint64_t kWordBytes = sizeof(std::uint64_t);
constexpr std::uint64_t kChunkHeaderBytes = 3 * kWordBytes;  // _PyStackChunk, up to its data
// Each step costs a read of 2 us while the target may be waiting.
constexpr int kMaxFramesMeasured = 32;
constexpr std::int32_t kMaxFrameWords = 1 << 16;

}  // namespace

// To 3.12 each evaluation loop has a _PyCFrame on the C stack. A new one is announced some
// instructions before it says which frame it runs, and holds what lay there on the stack till then
// (CPython, Python/ceval.c: _PyEval_EvalFrameDefault). The older loop's, which waits in a call, is
// reliable.
void StackReader::find_caller_of_loop(Walk& walk) {
  const Layout& layout = walk.layout;
  RemoteAddress older{};
  if (!value_at(walk.cframe + layout.cframe_previous, older) || older == RemoteAddress::kNull)
    return;
  walk.has_caller = fetch(walk.memory, older + layout.cframe_current_frame, walk.caller);
}

// From `frame` on the first that is wanted; kNull if there is none.
template <class Predicate>
RemoteAddress StackReader::first_in_chain(Walk& walk, RemoteAddress frame, Predicate is_wanted) {
  for (std::size_t step = 0; step < 2 * kMaxRawFrames && frame != RemoteAddress::kNull; ++step) {
    if (is_wanted(frame)) return frame;
    const std::byte* bytes = frame_bytes(walk, frame);
    if (bytes == nullptr) break;
    std::memcpy(&frame, bytes + walk.layout.frame_previous, sizeof frame);
  }
  return RemoteAddress::kNull;
}

// A generator that runs has its exception state on the thread's list, newest first, whose last
// entry is the thread's own. It is put there before its frame becomes the current one and taken off
// before another does (Objects/genobject.c: gen_send_ex2; Python/bytecodes.c: YIELD_VALUE).
RemoteAddress StackReader::newest_generator(const Walk& walk, RemoteAddress except) {
  const Layout& layout = walk.layout;
  RemoteAddress item{};
  if (!value_at(walk.thread.address + layout.thread_exc_info, item)) return RemoteAddress::kNull;
  for (int i = 0; i < 2; ++i) {
    RemoteAddress older{};
    if (!walk.memory.read_value(item + layout.exc_info_previous, older) ||
        older == RemoteAddress::kNull)
      return RemoteAddress::kNull;
    const auto frame =
        RemoteAddress{to_number(item) - layout.generator_exc_state} + layout.generator_frame;
    if (frame != except) return frame;
    item = older;
  }
  return RemoteAddress::kNull;
}

// Frames of functions lie end to end, so the newest is the one that ends at the top. `below`: one
// of them in the newest chunk, or kNull.
RemoteAddress StackReader::newest_on_data_stack(const Walk& walk, RemoteAddress below) {
  RemoteAddress frame = below;
  if (frame == RemoteAddress::kNull) {
    RemoteAddress older_chunk{};
    if (walk.chunk == RemoteAddress::kNull || !value_at(walk.chunk, older_chunk))
      return RemoteAddress::kNull;
    // The first word of the first chunk stays free (Python/pystate.c: push_chunk).
    frame = walk.chunk + kChunkHeaderBytes + (older_chunk == RemoteAddress::kNull ? kWordBytes : 0);
  }
  for (int i = 0; i < kMaxFramesMeasured; ++i) {
    std::uint64_t code = 0;
    std::int32_t words = 0;
    if (!value_at(frame + walk.layout.frame_code, code)) return RemoteAddress::kNull;
    code &= ~std::uint64_t{walk.layout.frame_code_tag};
    if (!walk.memory.read_value(RemoteAddress{code} + walk.layout.code_frame_size, words) ||
        words <= 0 || words > kMaxFrameWords)
      return RemoteAddress::kNull;
    const RemoteAddress next = frame + static_cast<std::uint64_t>(words) * kWordBytes;
    if (next == walk.top) return frame;
    if (next > walk.top) return RemoteAddress::kNull;
    frame = next;
  }
  return RemoteAddress::kNull;
}

// From 3.12 on, of a generator's frame that is not linked to its caller: that is either the newest
// function on the data stack or the newest other generator, whichever has the other among its
// callers.
RemoteAddress StackReader::caller_of_generator(Walk& walk, RemoteAddress frame) {
  walk.in_one_read = false;
  const RemoteAddress generator = newest_generator(walk, frame);
  const RemoteAddress below = first_in_chain(
      walk, generator, [&walk](RemoteAddress at) { return at > walk.chunk && at < walk.top; });
  const RemoteAddress function = newest_on_data_stack(walk, below);
  if (generator == RemoteAddress::kNull || function == RemoteAddress::kNull) return function;
  if (function == below) return generator;
  return first_in_chain(walk, function,
                        [generator](RemoteAddress at) { return at == generator; }) == generator
             ? function
             : RemoteAddress::kNull;
}

}  // namespace phlox::cpython
