// TextArena: owns texts that are only ever added, packed one behind the other. Views of them stay
// valid for as long as it lives, also where it is moved to. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace phlox::profile {

class TextArena {
 public:
  TextArena() = default;
  TextArena(TextArena&& other) noexcept { *this = std::move(other); }
  TextArena& operator=(TextArena&& other) noexcept {  // what was moved from is empty
    blocks_ = std::exchange(other.blocks_, {});
    at_ = std::exchange(other.at_, nullptr);
    room_ = std::exchange(other.room_, 0);
    next_block_bytes_ = std::exchange(other.next_block_bytes_, kFirstBlockBytes);
    return *this;
  }

  std::string_view add(std::string_view text) {
    if (text.empty()) return {};
    if (text.size() > room_) add_block(text.size());
    char* const begin = at_;
    std::memcpy(begin, text.data(), text.size());
    at_ += text.size();
    room_ -= text.size();
    return {begin, text.size()};
  }

 private:
  // Few texts take little, and many take few allocations.
  static constexpr std::size_t kFirstBlockBytes = 1u << 10;
  static constexpr std::size_t kMaxBlockBytes = 256u << 10;

  void add_block(std::size_t least) {
    const std::size_t size = std::max(least, next_block_bytes_);
    next_block_bytes_ = std::min(next_block_bytes_ * 4, kMaxBlockBytes);
    at_ = blocks_.emplace_back(std::make_unique_for_overwrite<char[]>(size)).get();
    room_ = size;
  }

  std::vector<std::unique_ptr<char[]>> blocks_;
  char* at_ = nullptr;  // into the last block
  std::size_t room_ = 0;
  std::size_t next_block_bytes_ = kFirstBlockBytes;
};

}  // namespace phlox::profile
