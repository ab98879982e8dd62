#include "storage/rocksdb/cell.h"

#include "base/varint.h"

namespace phlox::storage {
namespace {

constexpr int kMaxWideBits = 126;  // stays positive

}  // namespace

void append_wide_varint(std::string& out, Wide value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(static_cast<unsigned char>(value & 0x7f) | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

CellReader::CellReader(std::string_view bytes)
    : at_(reinterpret_cast<const unsigned char*>(bytes.data())), end_(at_ + bytes.size()) {
  head_.covered_ns = narrow();
  head_.profiles = narrow();
}

bool CellReader::next_of_any_size() {
  if (failed_ || at_ == end_) return false;
  const std::uint64_t delta = narrow();
  value_ = wide();
  if (failed_ || delta > UINT32_MAX - stack_) {
    failed_ = true;
    return false;
  }
  stack_ += static_cast<std::uint32_t>(delta);
  return true;
}

std::uint64_t CellReader::narrow() {
  const Wide value = wide();
  if (value > Wide{UINT64_MAX}) failed_ = true;
  return failed_ ? 0 : static_cast<std::uint64_t>(value);
}

Wide CellReader::wide() {
  // Most numbers take one or two bytes, and 64 bits hold nine: the wide loop is for giants only.
  std::uint64_t low = 0;
  for (int shift = 0; shift < 63; shift += 7) {
    if (at_ == end_) break;
    const unsigned char byte = *at_++;
    low |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return Wide{low};
  }
  Wide value = low;
  for (int shift = 63; shift < kMaxWideBits && at_ != end_; shift += 7) {
    const unsigned char byte = *at_++;
    value |= Wide{byte & 0x7f} << shift;
    if (byte < 0x80) return value;
  }
  failed_ = true;
  return 0;
}

CellWriter::CellWriter(std::string& out, const CellHead& head) : out_(out) {
  append_varint(out_, head.covered_ns);
  append_varint(out_, head.profiles);
}

void CellWriter::add(std::uint32_t stack, Wide value) {
  append_varint(out_, stack - last_);
  append_wide_varint(out_, value);
  last_ = stack;
}

bool CellSum::add(std::string_view cell, Level level) {
  CellReader reader(cell);
  head_.add(reader.head(), level);
  merged_.clear();
  auto at = pairs_.cbegin();
  while (reader.next()) {
    while (at != pairs_.cend() && at->first < reader.stack()) merged_.push_back(*at++);
    if (at != pairs_.cend() && at->first == reader.stack()) {
      merged_.emplace_back(at->first, at->second + reader.value());
      ++at;
    } else if (!merged_.empty() && merged_.back().first == reader.stack()) {
      merged_.back().second += reader.value();
    } else {
      merged_.emplace_back(reader.stack(), reader.value());
    }
  }
  merged_.insert(merged_.end(), at, pairs_.cend());
  pairs_.swap(merged_);
  return !reader.failed();
}

void CellSum::encode(std::string& out) const {
  out.clear();
  CellWriter writer(out, head_);
  for (const auto& [stack, value] : pairs_) writer.add(stack, value);
}

std::string encode(const TotalsRow& row) {
  std::string out;
  append_varint(out, row.head.covered_ns);
  append_varint(out, row.head.profiles);
  append_wide_varint(out, row.value);
  return out;
}

std::optional<TotalsRow> decode_totals(std::string_view bytes) {
  ByteReader head(bytes);
  TotalsRow row;
  const auto covered = head.varint();
  const auto profiles = head.varint();
  if (!covered || !profiles) return std::nullopt;
  row.head = {*covered, *profiles};
  const auto rest = head.bytes(head.remaining());
  int shift = 0;
  for (const char c : *rest) {
    if (shift >= kMaxWideBits) return std::nullopt;
    row.value |= Wide{static_cast<unsigned char>(c) & 0x7f} << shift;
    shift += 7;
  }
  if (rest->empty() || static_cast<unsigned char>(rest->back()) >= 0x80) return std::nullopt;
  return row;
}

}  // namespace phlox::storage
