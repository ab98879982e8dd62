// RunSet: some of the runs of StackRuns, as bits, for passes over those that matter to a query.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace phlox::profile {

class RunSet {
 public:
  // None of the runs below `run_count`.
  explicit RunSet(std::uint32_t run_count) : run_count_(run_count), words_(run_count / 64 + 1) {}

  void insert(std::uint32_t run) { words_[run / 64] |= std::uint64_t{1} << run % 64; }
  void insert_all() {
    for (std::uint64_t& word : words_) word = ~std::uint64_t{0};
    words_.back() >>= 64 - run_count_ % 64 - 1;
    words_.back() >>= 1;
  }

  // visit(run) for each, callees before their callers. The visit may insert lower ones, and meets
  // them.
  template <class Visit>
  void visit_down(Visit visit) const {
    for (std::size_t w = words_.size(); w-- > 0;) {
      std::uint64_t open = ~std::uint64_t{0};  // below what has been visited
      while (const std::uint64_t left = words_[w] & open) {
        const int bit = 63 - std::countl_zero(left);
        open = (std::uint64_t{1} << bit) - 1;
        visit(static_cast<std::uint32_t>(w * 64) + static_cast<std::uint32_t>(bit));
      }
    }
  }
  // visit(run) for each, callers before their callees.
  template <class Visit>
  void visit_up(Visit visit) const {
    for (std::size_t w = 0; w < words_.size(); ++w)
      for (std::uint64_t left = words_[w]; left != 0; left &= left - 1)
        visit(static_cast<std::uint32_t>(w * 64) +
              static_cast<std::uint32_t>(std::countr_zero(left)));
  }

 private:
  std::uint32_t run_count_;
  std::vector<std::uint64_t> words_;
};

}  // namespace phlox::profile
