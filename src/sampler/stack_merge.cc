#include "sampler/stack_merge.h"

#include <algorithm>

namespace phlox::sampler {
namespace {

using cpython::RawFrame;
using cpython::RawFrameKind;
using process::RemoteAddress;

RawFrame frame_of(native::FunctionId function, RawFrameKind kind) {
  return {.code = RemoteAddress{static_cast<std::uint64_t>(function)}, .kind = kind};
}

class Merge {
 public:
  Merge(const native::Stack& native, const native::Functions& functions, LoopsBy loops,
        std::vector<RawFrame>& merged)
      : native_(native),
        functions_(functions),
        is_its_loop_(loops == LoopsBy::kCountOfPython2 ? &native::Function::is_loop_of_python_2
                                                       : &native::Function::is_loop),
        merged_(merged) {}

  void by_address(std::span<const RawFrame> python);
  void by_count(std::span<const RawFrame> python);
  // Native frames that are left, up to `end` and without it.
  void take_native(std::size_t end) {
    for (; next_ < end; ++next_)
      merged_.push_back(frame_of(native_.frames[next_].function, RawFrameKind::kNative));
  }

 private:
  bool is_loop(std::size_t i) const { return functions_[native_.frames[i].function].*is_its_loop_; }
  std::size_t next_loop() const {
    std::size_t i = next_;
    while (i < native_.frames.size() && !is_loop(i)) ++i;
    return i;
  }
  std::size_t loop_around(std::uint64_t address) const;
  // Behind a loop that has its Python frames. What makes those frames is no call of its own.
  void pass_loop(std::size_t loop) {
    next_ = std::min(loop + 1, native_.frames.size());
    while (next_ < native_.frames.size() &&
           functions_[native_.frames[next_].function].enters_loop && !is_loop(next_))
      ++next_;
  }
  void take_python(std::span<const RawFrame> frames) {
    merged_.insert(merged_.end(), frames.begin(), frames.end());
  }

  const native::Stack& native_;
  const native::Functions& functions_;
  bool native::Function::* const is_its_loop_;
  std::vector<RawFrame>& merged_;
  std::size_t next_ = 0;  // of native_.frames
};

// Native frames lie one behind the other, so the one that holds an address is known without a name.
std::size_t Merge::loop_around(std::uint64_t address) const {
  std::size_t i = next_;
  while (i < native_.frames.size() &&
         (address < native_.frames[i].stack_pointer || address >= native_.frames[i].end))
    ++i;
  return i;
}

void Merge::by_address(std::span<const RawFrame> python) {
  const std::size_t end = native_.frames.size();
  while (!python.empty()) {
    const auto loop = std::ranges::find(python, RawFrameKind::kLoop, &RawFrame::kind);
    const auto run = python.first(static_cast<std::size_t>(loop - python.begin()));
    if (loop == python.end()) {
      // It is not known where their loop stands: behind what is called before the next one.
      take_native(next_loop());
      return take_python(run);
    }
    const std::uint64_t address = to_number(loop->code);
    const std::size_t at = loop_around(address);
    // Not found: it lies beyond what is known of the native stack, or on another one.
    const bool beyond = end > 0 && address >= native_.frames.back().stack_pointer;
    if (at < end || (beyond && !native_.is_complete)) {
      take_native(at);
      pass_loop(at);
    } else {
      next_ = end;
    }
    take_python(run);
    python = python.subspan(run.size() + 1);
  }
}

void Merge::by_count(std::span<const RawFrame> python) {
  const auto is_python = [](const RawFrame& frame) { return frame.kind == RawFrameKind::kPython; };
  const auto frames = static_cast<std::size_t>(std::ranges::count_if(python, is_python));
  std::size_t loops = 0;
  for (std::size_t i = 0; i < native_.frames.size(); ++i) loops += is_loop(i) ? 1u : 0u;
  // One more has just begun or is about to end.
  if (!native_.is_complete || (loops != frames && loops != frames + 1)) {
    take_native(next_loop());
    return take_python(python);
  }
  if (loops > frames) take_native(next_loop() + 1);
  for (const RawFrame& frame : python) {
    // A task belongs to the coroutine before it, whose loop is passed already.
    if (frame.kind != RawFrameKind::kTask && frame.kind != RawFrameKind::kTaskName)
      take_native(next_loop());
    merged_.push_back(frame);
    if (is_python(frame)) pass_loop(next_);  // a collection has none
  }
}

}  // namespace

LoopsBy loops_by(const cpython::Layout& layout) {
  if (!layout.has_frame_objects()) return LoopsBy::kAddress;
  return layout.major == 2 ? LoopsBy::kCountOfPython2 : LoopsBy::kCount;
}

void merge_stacks(std::span<const RawFrame> python, const native::Stack& native,
                  std::span<const native::FunctionId> kernel, const native::Functions& functions,
                  LoopsBy loops, std::vector<RawFrame>& merged) {
  merged.clear();
  for (const native::FunctionId function : kernel)
    merged.push_back(frame_of(function, RawFrameKind::kKernel));
  Merge merge(native, functions, loops, merged);
  if (python.empty()) return merge.take_native(native.frames.size());
  if (loops == LoopsBy::kAddress) {
    merge.by_address(python);
  } else {
    merge.by_count(python);
  }
}

}  // namespace phlox::sampler
