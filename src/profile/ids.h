// Ids of the tables in profile/symbols.h: dense, in order of first sight, from 0. Meaningful only
// beside their table.
#pragma once

#include <cstddef>
#include <cstdint>

namespace phlox::profile {

enum class StringId : std::uint32_t { kEmpty = 0 };  // 0 is ""
enum class FunctionId : std::uint32_t {};
enum class FrameId : std::uint32_t {};
enum class StackId : std::uint32_t {
  kEmpty = 0
};  // 0 is the stack without frames, the root of the prefix tree

template <class Id>
constexpr std::size_t index_of(Id id) {
  return static_cast<std::size_t>(id);
}
template <class Id>
constexpr Id id_at(std::size_t index) {
  return static_cast<Id>(index);
}

}  // namespace phlox::profile
