// StackSegments: stretches of nodes along which a total cannot change, so that one sum does for
// all of them.
//
// A node of StackRuns has the total of the node behind it unless a stack ends at it or another run
// turns off there. Such a node ends a segment, as does the last one of a run; the root is one by
// itself. There are some two segments a run, and eight times as many nodes.
//
// As of one moment, not changed afterwards. 16 bytes for 64 nodes.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <vector>

namespace phlox::profile {

class StackSegments {
 public:
  struct Place {
    std::uint32_t segment;
    bool is_end;  // whether the node is the segment's last
  };

  // Of the nodes below `node_count`, at least the root; a bit of `ends` is set for the last node of
  // each segment. The last of all nodes is one whether its bit is set or not.
  StackSegments(std::span<const std::uint64_t> ends, std::uint32_t node_count);

  std::uint32_t node_count() const { return node_count_; }
  std::uint32_t size() const { return size_; }
  Place find(std::uint32_t node) const {
    const Word* const words = words_.data();
    const Word& word = words[node / 64];
    const std::uint64_t bit = std::uint64_t{1} << node % 64;
    return {word.before + static_cast<std::uint32_t>(std::popcount(word.ends & (bit - 1))),
            (word.ends & bit) != 0};
  }
  std::uint32_t of(std::uint32_t node) const { return find(node).segment; }
  // The last node of a segment. Costs a binary search.
  std::uint32_t end(std::uint32_t segment) const;
  // Has the memory fetched that find() will read.
  void prefetch(std::uint32_t node) const { __builtin_prefetch(words_.data() + node / 64); }

  // visit(segment, first, last) for each segment of the nodes from `begin` until `end`, which are
  // whole segments, the last one first.
  template <class Visit>
  void visit_down(std::uint32_t begin, std::uint32_t end, Visit visit) const {
    std::uint32_t last = end - 1;
    std::uint32_t segment = of(last);
    std::uint32_t w = last / 64;
    const Word* const words = words_.data();
    std::uint64_t ends = words[w].ends & ((std::uint64_t{1} << last % 64) - 1);
    while (true) {
      while (ends == 0 && w > begin / 64) ends = words[--w].ends;
      if (ends == 0) break;
      const std::uint32_t before = w * 64 + 63 - static_cast<std::uint32_t>(std::countl_zero(ends));
      if (before < begin) break;
      ends &= ~(std::uint64_t{1} << before % 64);
      visit(segment, before + 1, last);
      --segment;
      last = before;
    }
    visit(segment, begin, last);
  }

 private:
  struct Word {
    std::uint64_t ends = 0;
    std::uint32_t before = 0;  // segments that end in earlier words
  };

  std::vector<Word> words_;
  std::uint32_t node_count_;
  std::uint32_t size_ = 0;
};

}  // namespace phlox::profile
