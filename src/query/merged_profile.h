// What a query adds up: the stacks of one selection, or of the two of a comparison, over one table
// of symbols, with the facts that values are measured against.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "profile/call_tree.h"
#include "query/operators.h"
#include "query/planner.h"
#include "storage/store.h"

namespace phlox::query {

struct Selection {
  std::string type;
  storage::Selector selector;
  WallTime from{};
  WallTime until{};
};

struct Side {
  Plan plan;
  storage::Totals totals;
  std::vector<profile::StackValue> values;
};

struct MergedProfile {
  profile::ProfileType type;
  profile::Symbols symbols;
  std::vector<Side> sides;  // one for each selection, in order

  // After the operators, which apply to all sides alike.
  Result<profile::CallTree> tree(profile::FunctionIdentity identity,
                                 std::span<const Operator> operators = {}) const;
};

// All selections have the type of the first.
Result<MergedProfile> merge(storage::Store& store, std::span<const Selection> selections);

// Plans with the store's horizons and reads; plans again when they move in between.
template <class Read>
auto with_horizons(const storage::Store& store, Read read) -> decltype(read(store.horizons())) {
  constexpr int kAttempts = 3;
  for (int attempt = 1;; ++attempt) {
    auto result = read(store.horizons());
    if (result || result.error().kind() != Error::Kind::kGone || attempt == kAttempts)
      return result;
  }
}

// The same for a range, of which read() gets the plan.
template <class Read>
auto with_plan(const storage::Store& store, WallTime from, WallTime until, Read read)
    -> decltype(read(std::declval<Plan>())) {
  return with_horizons(
      store, [&](const storage::Horizons& horizons) -> decltype(read(std::declval<Plan>())) {
        PHLOX_TRY(Plan plan, plan_range(from, until, horizons));
        return read(std::move(plan));
      });
}

// How large a value is in the unit that people compare: nanoseconds become cores, counts and bytes
// become a number a second; gauges are means already. Where nothing says how long was covered,
// values stay as they are.
class Rate {
 public:
  // For both sides of a comparison the same unit.
  static std::vector<Rate> of(const profile::ProfileType& type, std::span<const Side> sides);

  double operator()(std::int64_t value) const { return static_cast<double>(value) / divisor_; }
  double divisor() const { return divisor_; }
  const std::string& unit() const { return unit_; }  // "cores", "bytes per second"

 private:
  Rate(double divisor, std::string unit) : divisor_(divisor), unit_(std::move(unit)) {}
  double divisor_;
  std::string unit_;
};

}  // namespace phlox::query
