// Adds up the cells of a query, stack by stack, in a dense table that is used again from point to
// point and from query to query.
//
// The table has a sum for each segment (profile/stack_segments.h), so it is an eighth of one with a
// sum for each node. Where a cell shows that a stack ends in the middle of a segment, its values
// are put by, the catalog is told, and the table is spread over the segments that there are then.
#pragma once

#include <array>
#include <memory>
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
  // No stack of the snapshot, which outlives this, is beyond `stack_count`. Stacks are listed up to
  // `list_at_most`.
  StackSums(const Snapshot& snapshot, Database& database, const SeriesSelection& selection,
            Catalog& catalog, SumTables& tables, std::size_t stack_count,
            std::size_t list_at_most = SIZE_MAX)
      : scan_(snapshot, database.cells()),
        group_scan_(snapshot, database.group_cells()),
        numbering_(snapshot.numbering()),
        selection_(selection),
        catalog_(catalog),
        tables_(tables),
        stack_count_(stack_count),
        segments_(catalog.segments(stack_count)),
        table_(tables.take(segments_->size())),
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
  // kLimit for one beyond 2^64. As SegmentSums say, they are used up.
  Result<profile::SegmentSums> in_place();

  Result<std::vector<StackSum>> read(std::span<const Tile> tiles) {
    PHLOX_TRY(add(tiles));
    return take();
  }

 private:
  // A pair of a cell whose stack ends in the middle of a segment, or whose value is a giant.
  struct PutBy {
    std::uint32_t stack;
    Wide value;
  };
  static constexpr std::size_t kMostPutBy = 1u << 16;

  Result<> add_row(const CellKey& key, std::string_view value);
  Result<> add_cell(std::string_view value);
  using Segments = std::array<std::uint32_t, PairBatch::kMost>;
  void find_segments(PairBatch& batch, Segments& segments);
  void add(const PairBatch& batch, const Segments& segments);
  void add(std::uint32_t segment, std::uint64_t value);
  void add_put_by();
  void spread_over(std::shared_ptr<const profile::StackSegments> segments);
  void list(std::span<const std::uint32_t> stacks, std::span<const std::uint32_t> segments);
  profile::Sum take(std::uint32_t stack);
  std::span<const std::uint32_t> sort_touched();

  RowScan scan_;
  RowScan group_scan_;
  const Numbering& numbering_;
  const SeriesSelection& selection_;
  Catalog& catalog_;
  SumTables& tables_;
  const std::size_t stack_count_;
  std::shared_ptr<const profile::StackSegments> segments_;  // of all stacks
  SumTable table_;                                          // by segment
  const std::size_t list_at_most_;
  std::vector<PutBy> put_by_;
  std::unordered_map<std::uint32_t, Wide> giants_;  // by stack: what did not fit 64 bits, besides
  // Stacks whose sum was 0 when they were added to; the rest is room.
  std::vector<std::uint32_t> touched_;
  std::size_t touched_count_ = 0;
};

}  // namespace phlox::storage
