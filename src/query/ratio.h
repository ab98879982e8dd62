// Ratio: an exact factor of at least 0, as a what-if multiplies values with it.
#pragma once

#include <string_view>

#include "base/result.h"
#include "profile/sum.h"

namespace phlox::query {

// Products stay exact while both parts fit 62 bits; beyond that both lose their lowest bits.
class Ratio {
 public:
  // A whole number, a decimal or a ratio of two: 2, 0.25, 8000/75000. At most kMaxDigits digits in
  // each.
  static Result<Ratio> parse(std::string_view text);
  static constexpr std::size_t kMaxDigits = 15;

  Ratio times(const Ratio& other) const;
  // Rounded to the nearest whole number, half up; of values of at least 0.
  profile::Sum of(const profile::Sum& value) const;

 private:
  using Wide = profile::Sum::Wide;
  static Ratio reduced(Wide numerator, Wide denominator);

  Wide numerator_ = 1;
  Wide denominator_ = 1;
};

}  // namespace phlox::query
