// Numbering: what the numbers of stacks in cells mean.
//
// Stacks are numbered in order of first sight. When those that no cell names any more are dropped,
// the others close up: the numbering has a new generation. Cells say which generation theirs is of
// (cell.h) and are written anew little by little; until all are, they are read by what the
// numbering knows of the generation before. Keeps order, so that stacks of a cell stay ascending.
//
// Immutable, so any thread may read it. In memory and on disk a bit for each stack of before.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "profile/id_subset.h"
#include "storage/rocksdb/pair_blocks.h"

namespace phlox::storage {

using StackSet = profile::IdSubset<profile::StackId>;

// What cells say of a generation: few of them are ever there at once.
inline constexpr std::uint32_t kGenerationMarks = 127;
constexpr std::uint8_t mark_of(std::uint32_t generation) {
  return static_cast<std::uint8_t>(generation % kGenerationMarks);
}

class Numbering {
 public:
  // One of which all cells are.
  explicit Numbering(std::uint32_t generation = 0) : generation_(generation) {}
  // One of which cells come to be. `kept`: stacks of the generation before that have a number in
  // this one, numbered.
  Numbering(std::uint32_t generation, StackSet kept)
      : generation_(generation), is_settled_(false), kept_(std::move(kept)) {}

  std::uint32_t generation() const { return generation_; }
  std::uint8_t mark() const { return mark_of(generation_); }
  bool is_settled() const { return is_settled_; }

  // Whether cells of this mark can be read.
  bool knows(std::uint8_t mark) const {
    return mark == this->mark() || (!is_settled_ && mark == mark_of(generation_ - 1));
  }
  // Gives stacks of the generation before their numbers; false if one has none.
  bool renumber(PairBatch& batch) const;

 private:
  std::uint32_t generation_;
  bool is_settled_ = true;
  StackSet kept_{0};
};

// As it lies in the database beside the set of stacks that are kept:
//
//     numbers   generation, whether it is settled      varints
struct NumberingRow {
  std::uint32_t generation = 0;
  bool is_settled = true;
};
std::string encode(const NumberingRow& row);
Result<NumberingRow> decode_numbering(std::string_view bytes);

class Database;
Result<NumberingRow> read_numbering(Database& database);

std::string encode(const StackSet& stacks);
// Of a table of so many; numbered.
Result<StackSet> decode_stack_set(std::string_view bytes, std::size_t table_size);

}  // namespace phlox::storage
