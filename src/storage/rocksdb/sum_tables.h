// Tables of sums by segment (stack_sums.h), kept from one query to the next: to hand out fresh
// memory for them takes the kernel twenty times as long as it takes to clear what is there.
//
// Thread-safe. Two tables are kept, as many as a large query needs, 8 bytes a segment each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "base/zeroed_array.h"

namespace phlox::storage {

using SumTable = ZeroedArray<std::uint64_t>;

class SumTables {
 public:
  explicit SumTables(const Clock& clock) : clock_(clock) {}

  // At least so many sums, all of them 0.
  SumTable take(std::size_t count);
  // All 0 again.
  void give_back(SumTable table);

  std::size_t kept_bytes() const;
  // Frees what nobody has used for some minutes.
  void drop_unused();

 private:
  const Clock& clock_;
  mutable std::mutex mutex_;  // guards all below
  std::vector<SumTable> kept_;
  SteadyTime last_used_{};
};

}  // namespace phlox::storage
