#include "storage/rocksdb/cell.h"

#include "base/varint.h"

namespace phlox::storage {
namespace {

// Cells with a mark begin with a varint below 128 in two bytes, one too many: no cell without a
// mark does. It is the mark of a generation, or this.
constexpr std::uint8_t kPartsMark = kGenerationMarks;
constexpr std::size_t kMarkBytes = 2;

void append_mark(std::string& out, std::uint8_t mark) {
  out.push_back(static_cast<char>(0x80 | mark));
  out.push_back(0);
}

std::optional<std::uint8_t> mark_of(std::string_view bytes) {
  if (bytes.size() < kMarkBytes || (bytes[0] & 0x80) == 0 || bytes[1] != 0) return std::nullopt;
  return static_cast<std::uint8_t>(bytes[0] & 0x7F);
}

bool read_varint(const unsigned char*& at, const unsigned char* end, std::uint64_t& value) {
  Wide wide = 0;
  if (!read_wide_varint(at, end, wide) || wide > Wide{UINT64_MAX}) return false;
  value = static_cast<std::uint64_t>(wide);
  return true;
}

bool read_head(const unsigned char*& at, const unsigned char* end, CellHead& head) {
  return read_varint(at, end, head.covered_ns) && read_varint(at, end, head.profiles);
}

const unsigned char* begin_of(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// What stands behind the head of a cell of one generation; none if the head is damaged.
std::optional<std::string_view> pairs_of(std::string_view cell, CellHead& head) {
  if (mark_of(cell)) cell.remove_prefix(kMarkBytes);
  const unsigned char* at = begin_of(cell);
  if (!read_head(at, at + cell.size(), head)) return std::nullopt;
  return cell.substr(static_cast<std::size_t>(at - begin_of(cell)));
}

}  // namespace

CellParts::CellParts(std::string_view value)
    : rest_(value),
      are_many_(mark_of(value) == kPartsMark),
      failed_(are_many_ && value.size() == kMarkBytes) {
  if (are_many_) rest_.remove_prefix(kMarkBytes);
}

bool CellParts::next(Part& part) {
  if (!are_many_) {
    part = {.generation_mark = mark_of(rest_).value_or(0), .cell = rest_};
    return std::exchange(is_left_, false);
  }
  if (rest_.empty()) return false;
  const unsigned char* at = begin_of(rest_);
  const unsigned char* const end = at + rest_.size();
  std::uint64_t size = 0;
  failed_ = !read_varint(at, end, size) || size > static_cast<std::uint64_t>(end - at);
  if (failed_) return false;
  rest_.remove_prefix(static_cast<std::size_t>(at - begin_of(rest_)));
  part.cell = rest_.substr(0, size);
  rest_.remove_prefix(size);
  const auto mark = mark_of(part.cell);
  failed_ = mark == kPartsMark;
  part.generation_mark = mark.value_or(0);
  return !failed_;
}

bool is_of(std::string_view value, std::uint8_t generation_mark) {
  CellParts parts(value);
  CellParts::Part part;
  bool are_all = true;
  while (parts.next(part)) are_all &= part.generation_mark == generation_mark;
  return are_all && !parts.failed();
}

void append_cell(std::string& out, std::uint8_t generation_mark, const CellHead& head,
                 std::span<const StackPair> pairs) {
  append_mark(out, generation_mark);
  append_varint(out, head.covered_ns);
  append_varint(out, head.profiles);
  append_pair_blocks(out, pairs);
}

CellReader::CellReader(std::string_view value, const Numbering* numbering)
    : numbering_(numbering), parts_(value) {
  open_next(head_);
}

bool CellReader::open_next(CellHead& head) {
  CellParts::Part part;
  if (!parts_.next(part)) {
    failed_ |= parts_.failed();
    return false;
  }
  const auto pairs = pairs_of(part.cell, head);
  failed_ = !pairs || (numbering_ != nullptr && !numbering_->knows(part.generation_mark));
  if (failed_) return false;
  renumbers_ = numbering_ != nullptr && part.generation_mark != numbering_->mark();
  const unsigned char* const begin = begin_of(*pairs);
  if (mark_of(part.cell)) {
    pairs_.emplace<PairBlockReader>(begin, begin + pairs->size());
  } else {
    pairs_.emplace<VarintPairReader>(begin, begin + pairs->size());
  }
  return true;
}

bool CellSum::add(std::string_view value, Level level, const Numbering* numbering) {
  CellParts parts(value);
  CellParts::Part part;
  while (parts.next(part)) {
    if (!add_cell(part.cell, level, numbering)) return false;
  }
  return !parts.failed();
}

bool CellSum::add_cell(std::string_view cell, Level level, const Numbering* numbering) {
  CellReader reader(cell, numbering);
  head_.add(reader.head(), level);
  merged_.clear();
  auto at = pairs_.cbegin();
  reader.each([&](std::uint32_t stack, Wide value) {
    while (at != pairs_.cend() && at->stack < stack) merged_.push_back(*at++);
    if (at != pairs_.cend() && at->stack == stack) {
      merged_.push_back({stack, at->value + value});
      ++at;
    } else {
      merged_.push_back({stack, value});
    }
  });
  merged_.insert(merged_.end(), at, pairs_.cend());
  pairs_.swap(merged_);
  return !reader.failed();
}

void CellSum::encode(std::string& out, std::uint8_t generation_mark) const {
  out.clear();
  append_cell(out, generation_mark, head_, pairs_);
}

bool CellSums::add(std::string_view value) {
  CellParts parts(value);
  CellParts::Part part;
  while (parts.next(part)) {
    auto at = std::ranges::find(by_generation_, part.generation_mark,
                                &decltype(by_generation_)::value_type::first);
    if (at == by_generation_.end())
      at = by_generation_.insert(at, {part.generation_mark, CellSum()});
    if (!at->second.add(part.cell, level_)) return false;
  }
  return !parts.failed();
}

void CellSums::encode(std::string& out) const {
  CellHead head;
  for (const auto& [mark, sum] : by_generation_) head.add(sum.head(), level_);
  out.clear();
  if (by_generation_.size() == 1) {
    const auto& [mark, sum] = by_generation_.front();
    return append_cell(out, mark, head, sum.pairs());
  }
  append_mark(out, kPartsMark);
  std::string cell;
  for (const auto& [mark, sum] : by_generation_) {
    cell.clear();
    append_cell(cell, mark, std::exchange(head, {}), sum.pairs());
    append_varint(out, cell.size());
    out += cell;
  }
}

std::string encode(const TotalsRow& row) {
  std::string out;
  append_varint(out, row.head.covered_ns);
  append_varint(out, row.head.profiles);
  append_wide_varint(out, row.value);
  return out;
}

std::optional<TotalsRow> decode_totals(std::string_view bytes) {
  TotalsRow row;
  const unsigned char* at = begin_of(bytes);
  const unsigned char* const end = at + bytes.size();
  if (!read_head(at, end, row.head) || !read_wide_varint(at, end, row.value) || at != end)
    return std::nullopt;
  return row;
}

}  // namespace phlox::storage
