// Overview: the largest calls of a profile and its top table, at a fraction of the price of the
// whole call tree: what most people look at of a fleet with millions of stacks.
//
// The same numbers as CallTree, visible_part() and top_table() give, one after the other. Rows are
// taken largest first, and only below those that are taken does anyone look; the table is summed
// over all nodes, of which those count that have no caller of the same function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "profile/call_tree.h"
#include "profile/stack_runs.h"
#include "profile/top_table.h"
#include "profile/visible_tree.h"

namespace phlox::profile {

struct LargestCalls {
  CallTree tree;        // of one side; only rows that are shown
  VisibleTree visible;  // all of them; hidden_count counts the lines of a function apart
};

// What is on the stacks that hold one of some functions.
struct Found {
  std::vector<FunctionValue> functions;  // of these, rows of the table
  std::uint64_t nodes = 0;               // of them; the lines of a function count apart
  std::int64_t total = 0;                // each stack counts once
};
// Whether a function is one of them; asked once for each that has a value.
using IsWanted = std::function<bool(FunctionId)>;

struct Overview {
  LargestCalls calls;
  std::vector<FunctionValue> table;  // by name and file
  Found found;                       // nothing unless something is wanted
};

// The values of stacks, none of them negative, each at the segment that ends with its stack. If few
// stacks have one, these are listed, in ascending order: then only they and their callers are
// looked at.
struct SegmentSums {
  const StackSegments& segments;
  std::span<std::int64_t> values;  // by segment
  std::optional<std::span<const std::uint32_t>> listed = std::nullopt;
};

// Values where the passes want them, beside the runs of their symbols.
struct LaidOut {
  StackRuns runs;
  StackSegments segments;
  std::vector<std::int64_t> values;  // by segment

  SegmentSums sums() { return {.segments = segments, .values = values}; }
};

// Of values as they come, of which a stack may have several. kLimit if their sum does not fit 64
// bits.
Result<LaidOut> lay_out(const Symbols& symbols, std::span<const StackValue> values);

// The sums are used up: they become totals or, where stacks are listed, 0. Stacks and runs beyond
// their segments count nothing. `runs` are those of the symbols. kLimit if the sum of all does not
// fit 64 bits. Costs two passes over the runs, of the listed stacks or all, the table's in a thread
// of its own if they are all, and one more if something is wanted; what it makes is as large as the
// answer.
Result<Overview> overview(const Symbols& symbols, const StackRuns& runs, const SegmentSums& sums,
                          std::size_t max_nodes, const IsWanted& is_wanted = nullptr);
// The calls alone, of values as lay_out takes them.
Result<LargestCalls> largest_calls(const Symbols& symbols, std::span<const StackValue> values,
                                   std::size_t max_nodes);

}  // namespace phlox::profile
