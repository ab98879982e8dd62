#include "storage/spread.h"

#include <algorithm>

#include "storage/levels.h"

namespace phlox::storage {

std::vector<Share> shares_of(WallTime start, Nanoseconds duration) {
  constexpr std::int64_t kWidth = width_ns(Level::k10s);
  const std::int64_t first = to_unix_ns(start);
  const std::int64_t total = duration.count();
  std::vector<Share> shares;
  std::int64_t done = 0;
  do {
    const std::int64_t at = first + done;
    const std::int64_t end = std::min(total, align_down(at, kWidth) + kWidth - first);
    shares.push_back({align_down(at, kWidth) / kNanosecondsPerSecond, done, end});
    done = end;
  } while (done < total);
  return shares;
}

}  // namespace phlox::storage
