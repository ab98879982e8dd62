// LiveView: what the processes being sampled did in the last interval, as rows for a terminal.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sampler/sampler.h"

namespace phlox::agent {

struct LiveRow {
  std::string name;    // function or thread
  std::string place;   // file, or file:line; empty for threads
  double self = 0;     // cores: CPU time a second, with this at the leaf
  double total = 0;    // anywhere on the stack
  double holding = 0;  // share of the time in which it held the GIL
  double waiting = 0;  // waited for it
};

enum class LiveBy { kFunction, kLine, kThread };
enum class LiveOrder { kSelf, kTotal };

// Wants windows of a sampler with Options::threads and Looks::gil. One thread at a time.
class LiveView {
 public:
  // Windows that end together are added up; one that ends later replaces them all.
  void add(const sampler::Window& window);

  // Rows whose name or place contains `filter`, largest first. Of threads, and of functions by the
  // threads that were in them, holding and waiting count the leaf (self) only.
  std::vector<LiveRow> rows(LiveBy by, LiveOrder order, std::string_view filter) const;

  double cores() const { return cores_; }
  bool empty() const { return end_ == WallTime(); }

 private:
  using Rows = std::unordered_map<std::string, LiveRow>;

  void add_cpu(const profile::Profile& profile);
  void add_gil(const profile::Profile& profile);
  Rows& rows_by(LiveBy by) { return rows_[static_cast<std::size_t>(by)]; }

  WallTime end_{};
  double cores_ = 0;
  std::array<Rows, 3> rows_;  // by LiveBy
};

}  // namespace phlox::agent
