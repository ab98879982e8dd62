// Sum: adds int64 values exactly. It cannot overflow (2^64 values of 2^63 fit 128 bits); leaving it
// for int64 can fail.
#pragma once

#include <cstdint>
#include <limits>

#include "base/result.h"

namespace phlox::profile {

// What a pushed value may be: above this, JSON readers and doubles would already round it.
inline constexpr std::int64_t kMaxPushedValue = std::int64_t{1} << 53;

class Sum {
 public:
  __extension__ using Wide = __int128;

  Sum() = default;
  explicit Sum(std::int64_t value) : value_(value) {}
  static Sum from_wide(Wide value) {
    Sum sum;
    sum.value_ = value;
    return sum;
  }

  Wide wide() const { return value_; }

  Sum& operator+=(std::int64_t value) {
    value_ += value;
    return *this;
  }
  Sum& operator+=(const Sum& other) {
    value_ += other.value_;
    return *this;
  }
  bool operator==(const Sum&) const = default;

  // Divided by `count`, to the nearest; a half goes up. A sum not below 0; 0 counts as 1.
  Sum mean(std::uint64_t count) const {
    const Wide divisor = count == 0 ? 1 : Wide{count};
    return from_wide((2 * value_ + divisor) / (2 * divisor));
  }

  // kLimit when it does not fit.
  Result<std::int64_t> to_int64() const {
    if (value_ > std::numeric_limits<std::int64_t>::max() ||
        value_ < std::numeric_limits<std::int64_t>::min())
      return Error::limit("a sum does not fit 64 bits; ask for a shorter range or fewer series");
    return static_cast<std::int64_t>(value_);
  }

 private:
  Wide value_ = 0;
};

}  // namespace phlox::profile
