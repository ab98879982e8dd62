// The planner: which buckets of which levels make up a range. The coarsest that fit, and at both
// ends finer ones:
//
//     10:58:20          11:00              12:00          12:10   12:10:30
//     |10 s ...|10 min  |1 h              |10 min        |10 s ...|
//
// The range is widened to whole buckets of 10 s, or of the finest level that is still kept there.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "storage/levels.h"

namespace phlox::query {

struct Plan {
  std::int64_t from_s = 0;  // what the tiles are exact for
  std::int64_t until_s = 0;
  std::vector<storage::Tile> tiles;

  std::int64_t coarsest_width_s() const;
};

// kInvalid for a range that is empty. What lies before all horizons is cut off.
Result<Plan> plan_range(WallTime from, WallTime until, const storage::Horizons& horizons);

// Where steps begin.
enum class StepGrid : std::uint8_t {
  // At multiples of the step, so that points are whole buckets of coarse levels and stay the same
  // while a range moves on; what of the first and the last one lies outside the range is not in
  // them. A range of one step is not cut in two.
  kAligned,
  kFromStart,  // where the range does
};

struct PointPlan {
  std::int64_t from_s = 0;
  std::int64_t until_s = 0;
  std::int64_t step_s = 0;
  std::int64_t first_s = 0;  // where the step of the first point begins, at from_s or before
  std::vector<std::vector<storage::Tile>> points;
  std::vector<storage::Tile> whole;  // the range in as few tiles as possible

  std::int64_t coarsest_width_s() const;
};

inline constexpr std::int64_t kDefaultPoints = 240;
inline constexpr std::int64_t kMaxPoints = 20'000;

// A step of 0 gives at most kDefaultPoints, and one more if the range begins within a step. Steps
// are rounded up to buckets that are kept over the whole range. kLimit for more than kMaxPoints.
Result<PointPlan> plan_points(WallTime from, WallTime until, std::int64_t step_s, StepGrid grid,
                              const storage::Horizons& horizons);

}  // namespace phlox::query
