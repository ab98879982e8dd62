#include "cpython/layout.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace phlox::cpython {

extern const Layout kLayout2_7;
extern const Layout kLayout3_6;
extern const Layout kLayout3_7;
extern const Layout kLayout3_8;
extern const Layout kLayout3_9;
extern const Layout kLayout3_10;
extern const Layout kLayout3_11;
extern const Layout kLayout3_12;
extern const Layout kLayout3_13;
extern const Layout kLayout3_14;

namespace {

constexpr std::array kKnown = {&kLayout2_7,  &kLayout3_6,  &kLayout3_7,  &kLayout3_8,
                               &kLayout3_9,  &kLayout3_10, &kLayout3_11, &kLayout3_12,
                               &kLayout3_13, &kLayout3_14};

// _Py_DebugOffsets begins with these three (CPython 3.13, Include/internal/pycore_runtime.h).
struct DebugOffsetsHeader {
  std::array<char, 8> cookie;
  std::uint64_t version;
  std::uint64_t free_threaded;
};
constexpr std::array<char, 8> kCookie = {'x', 'd', 'e', 'b', 'u', 'g', 'p', 'y'};

constexpr std::uint32_t kMaxFrameBytes = 1024;

}  // namespace

const Layout* layout_of(std::uint32_t minor, std::uint32_t major) {
  const auto found = std::ranges::find_if(kKnown, [&](const Layout* layout) {
    return layout->major == major && layout->minor == minor;
  });
  return found == kKnown.end() ? nullptr : *found;
}

const Layout& newest_layout() { return *kKnown.back(); }

std::string known_versions() {
  return fmt::format("2.{} and 3.{} to 3.{}", kKnown[0]->minor, kKnown[1]->minor,
                     kKnown.back()->minor);
}

Result<Layout> with_debug_offsets(const Layout& layout, const process::MemoryReader& memory,
                                  process::RemoteAddress runtime) {
  if (layout.debug_offsets.empty()) return layout;
  DebugOffsetsHeader header{};
  if (!memory.read_value(runtime, header))
    return Error::corrupt("cannot read the debug offsets of _PyRuntime");
  if (header.cookie != kCookie)
    return Error::corrupt("the debug offsets of _PyRuntime have no cookie 'xdebugpy'");
  if (header.free_threaded != 0)
    return Error::invalid(
        "a free-threaded build of CPython, which phlox cannot sample yet; use the default build");
  Layout adapted = layout;
  for (const auto& [member, at] : layout.debug_offsets) {
    std::uint64_t offset = 0;
    if (!memory.read_value(runtime + at, offset) || offset > kMaxOffset)
      return Error::corrupt("the debug offset at {} of _PyRuntime is absurd ({})", at, offset);
    adapted.*member = static_cast<std::uint32_t>(offset);
  }
  // A build may have more in its frames, before the members that are read.
  adapted.frame_size =
      std::max({adapted.frame_size, adapted.frame_code + kWord, adapted.frame_previous + kWord,
                adapted.frame_instruction + kWord, adapted.frame_owner + 1});
  if (adapted.frame_size > kMaxFrameBytes)
    return Error::corrupt("the debug offsets of _PyRuntime give a frame {} bytes",
                          adapted.frame_size);
  // Not among them, but beside the chunk in every version.
  adapted.thread_datastack_top = adapted.thread_datastack_chunk +
                                 (layout.thread_datastack_top - layout.thread_datastack_chunk);
  return adapted;
}

std::optional<std::uint64_t> version_in_debug_offsets(const process::MemoryReader& memory,
                                                      process::RemoteAddress runtime) {
  DebugOffsetsHeader header{};
  if (!memory.read_value(runtime, header) || header.cookie != kCookie) return std::nullopt;
  return header.version;
}

}  // namespace phlox::cpython
