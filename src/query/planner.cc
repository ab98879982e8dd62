#include "query/planner.h"

#include <algorithm>
#include <array>
#include <span>

namespace phlox::query {
namespace {

using storage::align_down;
using storage::align_up;
using storage::Horizons;
using storage::Tile;

struct Bounds {
  std::int64_t from_s;
  std::int64_t until_s;
};

std::int64_t finest_width_at(std::int64_t second, const Horizons& horizons) {
  for (std::size_t l = 0; l < storage::kLevelCount; ++l) {
    if (second >= horizons[l]) return storage::kLevelWidths[l];
  }
  return storage::kLevelWidths.back();
}

Result<Bounds> widen(WallTime from, WallTime until, const Horizons& horizons) {
  if (from >= until) return Error::invalid("the range is empty: 'from' must be before 'until'");
  std::int64_t from_s = std::max(
      std::chrono::floor<std::chrono::seconds>(from).time_since_epoch().count(), std::int64_t{0});
  std::int64_t until_s = std::chrono::ceil<std::chrono::seconds>(until).time_since_epoch().count();
  from_s = std::min(from_s, storage::kEndOfTime - 1);
  until_s = std::clamp(until_s, from_s + 1, storage::kEndOfTime);
  // Horizons are whole buckets of every finer level, so cutting keeps the alignment.
  if (until_s > horizons.back()) from_s = std::max(from_s, horizons.back());
  return Bounds{align_down(from_s, finest_width_at(from_s, horizons)),
                align_up(until_s, finest_width_at(until_s - 1, horizons))};
}

void tile(std::size_t level, std::int64_t from_s, std::int64_t until_s, std::vector<Tile>& out) {
  if (from_s >= until_s) return;
  const std::int64_t width = storage::kLevelWidths[level];
  const std::int64_t first = align_up(from_s, width);
  const std::int64_t last = align_down(until_s, width);
  if (first >= last) {
    tile(level - 1, from_s, until_s, out);  // at level 0 all is aligned, so this ends there
    return;
  }
  if (level > 0) tile(level - 1, from_s, first, out);
  out.push_back({storage::level_at(level), first, last});
  if (level > 0) tile(level - 1, last, until_s, out);
}

std::vector<Tile> tiles_of(std::int64_t from_s, std::int64_t until_s, const Horizons& horizons) {
  std::vector<Tile> out;
  if (until_s > horizons.back()) tile(storage::kLevelCount - 1, from_s, until_s, out);
  return out;
}

std::int64_t coarsest(std::span<const Tile> tiles, std::int64_t at_least) {
  for (const Tile& t : tiles) at_least = std::max(at_least, width_s(t.level));
  return at_least;
}

// Steps that people read easily; the first that is long enough is taken.
constexpr std::array<std::int64_t, 16> kRoundSteps = {
    10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 604800};

std::int64_t default_step(std::int64_t length_s) {
  for (const std::int64_t step : kRoundSteps) {
    if (length_s <= step * kDefaultPoints) return step;
  }
  return align_up((length_s + kDefaultPoints - 1) / kDefaultPoints, 86400);
}

}  // namespace

std::int64_t Plan::coarsest_width_s() const { return coarsest(tiles, storage::kFinestWidth); }

std::int64_t PointPlan::coarsest_width_s() const {
  std::int64_t width = storage::kFinestWidth;
  for (const auto& tiles : points) width = coarsest(tiles, width);
  return width;
}

Result<Plan> plan_range(WallTime from, WallTime until, const Horizons& horizons) {
  PHLOX_TRY(const Bounds range, widen(from, until, horizons));
  return Plan{range.from_s, range.until_s, tiles_of(range.from_s, range.until_s, horizons)};
}

Result<PointPlan> plan_points(WallTime from, WallTime until, std::int64_t step_s, StepGrid grid,
                              const Horizons& horizons) {
  PHLOX_TRY(const Bounds range, widen(from, until, horizons));
  const std::int64_t length_s = range.until_s - range.from_s;
  const std::int64_t wanted = step_s > 0 ? step_s : default_step(length_s);
  const std::int64_t step =
      align_up(std::min(wanted, length_s), finest_width_at(range.from_s, horizons));
  const bool is_aligned = grid == StepGrid::kAligned && step < length_s;
  PointPlan plan{.from_s = range.from_s,
                 .until_s = range.until_s,
                 .step_s = step,
                 .first_s = is_aligned ? align_down(range.from_s, step) : range.from_s,
                 .points = {},
                 .whole = tiles_of(range.from_s, range.until_s, horizons)};
  const std::int64_t count = (plan.until_s - plan.first_s + step - 1) / step;
  if (count > kMaxPoints)
    return Error::limit("{} points, at most {}; choose a longer step", count, kMaxPoints);
  for (std::int64_t at = plan.first_s; at < plan.until_s; at += step)
    plan.points.push_back(
        tiles_of(std::max(at, plan.from_s), std::min(at + step, plan.until_s), horizons));
  return plan;
}

}  // namespace phlox::query
