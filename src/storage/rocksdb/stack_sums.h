// Adds up the cells of a query, stack by stack, in a dense table that is used again from point to
// point and from query to query.
#pragma once

#include <array>
#include <span>
#include <unordered_map>
#include <vector>

#include "storage/rocksdb/catalog.h"
#include "storage/rocksdb/cell.h"
#include "storage/rocksdb/row_scan.h"
#include "storage/rocksdb/sum_tables.h"

namespace phlox::storage {

class StackSums {
 public:
  // No stack of the snapshot is beyond `stack_count`. Stacks are listed up to `list_at_most`.
  StackSums(const Snapshot& snapshot, Database& database, const SeriesSelection& selection,
            SumTables& tables, std::size_t stack_count, std::size_t list_at_most = SIZE_MAX)
      : scan_(snapshot, database.cells()),
        group_scan_(snapshot, database.group_cells()),
        selection_(selection),
        tables_(tables),
        table_(tables.take(stack_count)),
        stack_count_(stack_count),
        list_at_most_(list_at_most) {}
  ~StackSums();
  StackSums(const StackSums&) = delete;
  StackSums& operator=(const StackSums&) = delete;

  // Adds the tiles to what was added since the last take(); they are not out of date.
  Result<> add(std::span<const Tile> tiles) { return add(tiles, selection_.all()); }
  Result<> add(std::span<const Tile> tiles, const SeriesSelection::Part& part);
  // Takes over what was added to another.
  void add(StackSums& other);
  // Whether there were too many stacks to list them; take() cannot be asked then.
  bool are_many() const { return touched_count_ > list_at_most_; }
  // By stack, none of them 0; nothing is left.
  std::vector<StackSum> take();
  // All stacks' sums where they lie, listed unless they are many; one beyond 2^63 is negative.
  // kLimit for one beyond 2^64. As NodeSums say, they are used up.
  Result<profile::NodeSums> by_stack();

  Result<std::vector<StackSum>> read(std::span<const Tile> tiles) {
    PHLOX_TRY(add(tiles));
    return take();
  }

 private:
  // Pairs of a cell, whose sums are fetched while others are decoded.
  struct Batch {
    static constexpr std::size_t kMost = 64;
    std::array<std::uint32_t, kMost> stacks;
    std::array<std::uint64_t, kMost> values;
    std::size_t size = 0;
  };

  Result<> add_groups(const Tile& tile, const SeriesSelection::Part& part);
  Result<> add_series(const Tile& tile, std::span<const GroupKey> groups);
  Result<> add_cell(std::string_view cell);
  Result<> fill(Batch& batch, CellReader& cell);
  void add(const Batch& batch);
  void add(std::uint32_t stack, std::uint64_t value);
  void list(std::span<const std::uint32_t> stacks);
  profile::Sum take(std::uint32_t stack);
  std::span<const std::uint32_t> sort_touched();

  RowScan scan_;
  RowScan group_scan_;
  const SeriesSelection& selection_;
  SumTables& tables_;
  SumTable table_;  // by stack
  std::size_t stack_count_;
  std::size_t list_at_most_;
  std::unordered_map<std::uint32_t, Wide> giants_;  // what did not fit 64 bits, besides
  // Stacks that were 0 when they were added to; the rest is room.
  std::vector<std::uint32_t> touched_;
  std::size_t touched_count_ = 0;
};

}  // namespace phlox::storage
