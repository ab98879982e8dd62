// TextArena: owns texts that are only ever added, packed one behind the other. Views of them stay
// valid for as long as it lives, also where it is moved to. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

namespace phlox::profile {

class TextArena {
 public:
  TextArena() = default;
  TextArena(TextArena&&) noexcept = default;
  TextArena& operator=(TextArena&&) noexcept = default;
  TextArena(const TextArena&) = delete;
  TextArena& operator=(const TextArena&) = delete;
  ~TextArena() = default;

  std::string_view add(std::string_view text) {
    if (text.empty()) return {};
    if (blocks_.empty() || blocks_.back().capacity() - blocks_.back().size() < text.size())
      add_block(text.size());
    std::vector<char>& block = blocks_.back();
    const std::size_t at = block.size();
    block.insert(block.end(), text.begin(), text.end());  // it has the room, so it does not move
    return {block.data() + at, text.size()};
  }

 private:
  // Few texts take little, and many take few allocations.
  static constexpr std::size_t kFirstBlockBytes = 1u << 10;
  static constexpr std::size_t kMaxBlockBytes = 256u << 10;

  void add_block(std::size_t least) {
    const std::size_t size = std::max(least, next_block_bytes_);
    next_block_bytes_ = std::min(next_block_bytes_ * 4, kMaxBlockBytes);
    blocks_.emplace_back().reserve(size);
  }

  std::vector<std::vector<char>> blocks_;
  std::size_t next_block_bytes_ = kFirstBlockBytes;
};

}  // namespace phlox::profile
