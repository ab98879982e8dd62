// Adds up the cells of a query, stack by stack, in a dense vector that is used again from point to
// point.
#pragma once

#include <cstdlib>
#include <memory>
#include <new>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "storage/rocksdb/catalog.h"
#include "storage/rocksdb/cell.h"
#include "storage/rocksdb/row_scan.h"

namespace phlox::storage {

class StackSums {
 public:
  // No stack of the snapshot is beyond `stack_count`.
  StackSums(const Snapshot& snapshot, Database& database, const SeriesSelection& selection,
            std::size_t stack_count)
      : scan_(snapshot, database.cells()),
        group_scan_(snapshot, database.group_cells()),
        selection_(selection),
        stack_count_(stack_count),
        sums_(static_cast<std::uint64_t*>(std::calloc(stack_count, sizeof(std::uint64_t)))) {
    if (sums_ == nullptr) throw std::bad_alloc();
  }

  // Adds the tiles to what was added since the last take(); they are not out of date.
  Result<> add(std::span<const Tile> tiles);
  // About how many stacks have a sum; not fewer.
  std::size_t size() const { return touched_count_; }
  // By stack, none of them 0; nothing is left.
  std::vector<StackSum> take();
  // All stacks' sums where they lie; one beyond 2^63 is negative. kLimit for one beyond 2^64.
  Result<std::span<std::int64_t>> by_stack();

  Result<std::vector<StackSum>> read(std::span<const Tile> tiles) {
    PHLOX_TRY(add(tiles));
    return take();
  }

 private:
  struct Free {
    void operator()(std::uint64_t* memory) const { std::free(memory); }
  };
  Result<> add_groups(const Tile& tile);
  Result<> add_series(const Tile& tile, std::span<const GroupKey> groups);
  Result<> add_cell(std::string_view cell);
  profile::Sum take(std::uint32_t stack);

  RowScan scan_;
  RowScan group_scan_;
  const SeriesSelection& selection_;
  std::size_t stack_count_;
  // By stack. calloc takes a large table from the kernel, which fills in zeros page by page where
  // one is touched: a query of few stacks does not pay for all.
  std::unique_ptr<std::uint64_t[], Free> sums_;
  std::unordered_map<std::uint32_t, Wide> giants_;  // what did not fit 64 bits, besides
  // Stacks that were 0 when they were added to; the rest is room.
  std::vector<std::uint32_t> touched_;
  std::size_t touched_count_ = 0;
};

}  // namespace phlox::storage
