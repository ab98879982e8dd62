#include "cpython/layout.h"

#include <gtest/gtest.h>

#include "cpython/fake_process.h"

namespace phlox::cpython {
namespace {

using process::RemoteAddress;

RemoteAddress runtime_with_debug_offsets(FakeProcess& memory, const Layout& layout,
                                         std::uint64_t free_threaded) {
  const RemoteAddress runtime = memory.allocate(1024);
  for (std::size_t i = 0; i < 8; ++i) memory.put(runtime + i, "xdebugpy"[i]);
  memory.put(runtime + 16, free_threaded);
  for (const auto& [member, at] : layout.debug_offsets)
    memory.put(runtime + at, std::uint64_t{layout.*member});
  return runtime;
}

TEST(Layout, UnknownVersionsHaveNone) {
  EXPECT_EQ(layout_of(5), nullptr);
  EXPECT_EQ(layout_of(99), nullptr);
  EXPECT_EQ(layout_of(6, 2), nullptr);
  EXPECT_EQ(layout_of(14, 2), nullptr);
  EXPECT_EQ(known_versions(), "2.7 and 3.6 to 3.14");
}

TEST(Layout, ThatOf27IsNotThatOf37) {
  const Layout& layout = *layout_of(7, 2);
  EXPECT_TRUE(layout.has_frame_objects());
  EXPECT_TRUE(layout.has_byte_strings());
  EXPECT_FALSE(layout_of(7)->has_byte_strings());
  EXPECT_EQ(layout.gil_locked, kNone);
  EXPECT_EQ(newest_layout().major, 3u);
}

TEST(Layout, TakesOverWhatTheTargetSays) {
  const Layout& layout = *layout_of(13);
  FakeProcess memory(layout);
  const RemoteAddress runtime = runtime_with_debug_offsets(memory, layout, 0);
  // A build in which some members lie elsewhere.
  memory.put(runtime + 184, std::uint64_t{80});
  memory.put(runtime + 208, std::uint64_t{layout.thread_datastack_chunk + 16});
  const Layout adapted = with_debug_offsets(layout, memory, runtime).value();
  EXPECT_EQ(adapted.thread_current_frame, 80u);
  EXPECT_EQ(adapted.thread_native_id, layout.thread_native_id);
  EXPECT_EQ(adapted.thread_datastack_top, layout.thread_datastack_top + 16);
}

TEST(Layout, RefusesFreeThreadedBuildsAndNonsense) {
  const Layout& layout = *layout_of(13);
  FakeProcess memory(layout);
  EXPECT_EQ(with_debug_offsets(layout, memory, runtime_with_debug_offsets(memory, layout, 1))
                .error()
                .kind(),
            Error::Kind::kInvalid);
  const RemoteAddress absurd = runtime_with_debug_offsets(memory, layout, 0);
  memory.put(absurd + 184, std::uint64_t{1} << 40);
  EXPECT_EQ(with_debug_offsets(layout, memory, absurd).error().kind(), Error::Kind::kCorrupt);
  const RemoteAddress large_frame = runtime_with_debug_offsets(memory, layout, 0);
  memory.put(large_frame + 264, std::uint64_t{5000});
  EXPECT_EQ(with_debug_offsets(layout, memory, large_frame).error().kind(), Error::Kind::kCorrupt);
  EXPECT_EQ(with_debug_offsets(layout, memory, memory.allocate(1024)).error().kind(),
            Error::Kind::kCorrupt);
}

TEST(Layout, VersionsWithoutDebugOffsetsStayAsTheyAre) {
  const Layout& layout = *layout_of(11);
  const FakeProcess memory(layout);
  EXPECT_TRUE(with_debug_offsets(layout, memory, RemoteAddress{8}));
}

}  // namespace
}  // namespace phlox::cpython
