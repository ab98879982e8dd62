// Fuzz target: any bytes as a cell. What is read in full is written again and read the same.
#include "base/check.h"
#include "storage/rocksdb/cell.h"

using namespace phlox::storage;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  CellSum sum;
  if (!sum.add(bytes, Level::k1h)) return 0;
  std::string encoded;
  sum.encode(encoded);
  CellSum again;
  PHLOX_CHECK(again.add(encoded, Level::k1h) && again == sum);
  return 0;
}
