// IdSubset: some of a table's ids, and the place of each among them: a bit an id, and for each word
// of 64 how many stand before it.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "profile/ids.h"

namespace phlox::profile {

template <class Id>
class IdSubset {
 public:
  explicit IdSubset(std::size_t table_size) : words_(table_size / 64 + 1) {}

  bool add(Id id) {  // false if it was there
    std::uint64_t& bits = words_[index_of(id) / 64];
    const std::uint64_t bit = bit_of(id);
    if ((bits & bit) != 0) return false;
    bits |= bit;
    return true;
  }
  void number() {  // after the last add
    before_.clear();
    before_.reserve(words_.size());
    size_ = 0;
    for (const std::uint64_t bits : words_) {
      before_.push_back(size_);
      size_ += static_cast<std::uint32_t>(std::popcount(bits));
    }
  }
  std::size_t size() const { return size_; }  // as number() found it, as is place()
  bool has(Id id) const {
    const std::size_t word = index_of(id) / 64;
    return word < words_.size() && (words_[word] & bit_of(id)) != 0;
  }
  Id place(Id id) const {  // of an id that is in it
    const std::size_t word = index_of(id) / 64;
    return id_at<Id>(before_[word] +
                     static_cast<std::uint32_t>(std::popcount(words_[word] & (bit_of(id) - 1))));
  }
  template <class Visit>
  void each(Visit visit) const {  // ascending
    for (std::size_t word = 0; word < words_.size(); ++word) {
      for (std::uint64_t bits = words_[word]; bits != 0; bits &= bits - 1)
        visit(id_at<Id>(word * 64 + static_cast<std::size_t>(std::countr_zero(bits))));
    }
  }

  // For a table that has grown; what was added stays.
  void grow(std::size_t table_size) { words_.resize(table_size / 64 + 1); }
  // Bit i % 64 of word i / 64 is that of id i.
  std::vector<std::uint64_t>& words() { return words_; }
  const std::vector<std::uint64_t>& words() const { return words_; }

 private:
  static std::uint64_t bit_of(Id id) { return std::uint64_t{1} << (index_of(id) % 64); }

  std::vector<std::uint64_t> words_;
  std::vector<std::uint32_t> before_;
  std::uint32_t size_ = 0;
};

}  // namespace phlox::profile
