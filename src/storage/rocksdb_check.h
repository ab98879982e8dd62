// Offline check of a data directory: is everything readable, and does everything add up?
//
// Each cell's sum is that of its totals; each bucket of an upper level is the sum of the level
// below wherever that is still kept and the bucket is not marked as out of date; every stack and
// series is in the dictionary. Opens the directory alone, as a server does; writes nothing of ours.
// Costs one pass over all rows and some 100 bytes for each bucket of a series on the finest level
// that is kept.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace phlox::storage {

struct CheckReport {
  static constexpr std::size_t kMaxFaults = 100;

  std::uint64_t cells = 0;
  std::uint64_t pairs = 0;  // of stack and value
  std::uint64_t series = 0;
  std::uint64_t stacks = 0;
  std::vector<std::string> faults;  // the first of them
  std::uint64_t fault_count = 0;
};

// An error if the directory cannot be opened or its dictionary not be read.
Result<CheckReport> check_rocksdb_store(const std::filesystem::path& path);

}  // namespace phlox::storage
