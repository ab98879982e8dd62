#include "storage/rocksdb/cell.h"

#include "base/varint.h"

namespace phlox::storage {
namespace {

// A varint of 0 with a byte too many: no cell without a mark begins like that.
constexpr std::string_view kMark("\x80\x00", 2);

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

}  // namespace

void append_cell(std::string& out, const CellHead& head, std::span<const StackPair> pairs) {
  out += kMark;
  append_varint(out, head.covered_ns);
  append_varint(out, head.profiles);
  append_pair_blocks(out, pairs);
}

CellReader::CellReader(std::string_view bytes) {
  const bool is_marked = bytes.starts_with(kMark);
  if (is_marked) bytes.remove_prefix(kMark.size());
  const unsigned char* at = begin_of(bytes);
  const unsigned char* const end = at + bytes.size();
  failed_ = !read_head(at, end, head_);
  if (failed_) return;
  if (is_marked) {
    pairs_.emplace<PairBlockReader>(at, end);
  } else {
    pairs_.emplace<VarintPairReader>(at, end);
  }
}

bool CellSum::add(std::string_view cell, Level level) {
  CellReader reader(cell);
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

void CellSum::encode(std::string& out) const {
  out.clear();
  append_cell(out, head_, pairs_);
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
