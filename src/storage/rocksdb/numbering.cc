#include "storage/rocksdb/numbering.h"

#include <bit>
#include <cstring>

#include "base/varint.h"
#include "storage/rocksdb/database.h"
#include "storage/rocksdb/keys.h"

namespace phlox::storage {
namespace {

static_assert(std::endian::native == std::endian::little, "sets of stacks are stored as they lie");

}  // namespace

bool Numbering::renumber(PairBatch& batch) const {
  bool are_known = true;
  for (std::size_t i = 0; i < batch.size; ++i) {
    const auto stack = profile::id_at<profile::StackId>(batch.stacks[i]);
    if (kept_.has(stack)) {
      batch.stacks[i] = static_cast<std::uint32_t>(kept_.place(stack));
    } else {
      are_known = false;
    }
  }
  return are_known;
}

std::string encode(const NumberingRow& row) {
  std::string out;
  append_varint(out, row.generation);
  append_varint(out, row.is_settled ? 1 : 0);
  return out;
}

Result<NumberingRow> decode_numbering(std::string_view bytes) {
  ByteReader reader(bytes);
  const auto generation = reader.varint();
  const auto is_settled = reader.varint();
  if (!generation || *generation > UINT32_MAX || !is_settled || *is_settled > 1 || !reader.done())
    return Error::corrupt(
        "the numbering of stacks is damaged; restore the data directory from a backup");
  return NumberingRow{.generation = static_cast<std::uint32_t>(*generation),
                      .is_settled = *is_settled == 1};
}

Result<NumberingRow> read_numbering(Database& database) {
  PHLOX_TRY(const std::string bytes, database.get(kNumberingKey));
  return bytes.empty() ? NumberingRow() : decode_numbering(bytes);
}

std::string encode(const StackSet& stacks) {
  const auto& words = stacks.words();
  return {reinterpret_cast<const char*>(words.data()), words.size() * sizeof(words[0])};
}

Result<StackSet> decode_stack_set(std::string_view bytes, std::size_t table_size) {
  StackSet stacks(table_size);
  auto& words = stacks.words();
  if (bytes.size() != words.size() * sizeof(words[0]))
    return Error::corrupt(
        "the set of stacks that are kept is damaged; restore the data directory from a backup");
  std::memcpy(words.data(), bytes.data(), bytes.size());
  stacks.number();
  return stacks;
}

}  // namespace phlox::storage
