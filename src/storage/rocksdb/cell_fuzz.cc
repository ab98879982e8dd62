// Fuzz target: any bytes as a value of cells. What is read in full is written again, by generation
// and with the numbers that its stacks have afterwards, and read the same.
#include "base/check.h"
#include "storage/rocksdb/cell.h"

using namespace phlox::storage;

namespace {

constexpr std::uint32_t kGeneration = 1;
constexpr std::size_t kStacks = 256;

// Every other stack is kept.
Numbering numbering() {
  StackSet kept(kStacks);
  for (std::size_t i = 0; i < kStacks; i += 2)
    kept.add(phlox::profile::id_at<phlox::profile::StackId>(i));
  kept.number();
  return {kGeneration, std::move(kept)};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Numbering kNumbering = numbering();
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  CellSums sums(Level::k1h);
  std::string encoded;
  if (sums.add(bytes)) {
    sums.encode(encoded);
    CellSums again(Level::k1h);
    std::string encoded_again;
    PHLOX_CHECK(again.add(encoded));
    again.encode(encoded_again);
    PHLOX_CHECK(encoded_again == encoded);
  }
  CellSum sum;
  if (!sum.add(bytes, Level::k1h, &kNumbering)) return 0;
  sum.encode(encoded, kNumbering.mark());
  CellSum same;
  PHLOX_CHECK(is_of(encoded, kNumbering.mark()));
  PHLOX_CHECK(same.add(encoded, Level::k1h, &kNumbering) && same == sum);
  return 0;
}
