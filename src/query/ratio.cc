#include "query/ratio.h"

#include <algorithm>

namespace phlox::query {
namespace {

using Wide = profile::Sum::Wide;

constexpr Wide kLargestPart = Wide{1} << 62;

Wide greatest_common_divisor(Wide a, Wide b) {
  while (b != 0) {
    const Wide rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

struct Decimal {
  Wide digits = 0;
  Wide scale = 1;  // value = digits / scale
};

bool parse_decimal(std::string_view text, Decimal& out) {
  out = {};
  std::size_t digits = 0;
  bool after_point = false;
  for (const char c : text) {
    if (c == '.' && !after_point) {
      after_point = true;
      continue;
    }
    if (c < '0' || c > '9' || ++digits > Ratio::kMaxDigits) return false;
    out.digits = out.digits * 10 + (c - '0');
    if (after_point) out.scale *= 10;
  }
  return digits > 0;
}

}  // namespace

Ratio Ratio::reduced(Wide numerator, Wide denominator) {
  const Wide divisor = std::max(Wide{1}, greatest_common_divisor(numerator, denominator));
  Ratio out;
  out.numerator_ = numerator / divisor;
  out.denominator_ = denominator / divisor;
  while (out.numerator_ > kLargestPart || out.denominator_ > kLargestPart) {
    out.numerator_ >>= 1;
    out.denominator_ = std::max(Wide{1}, out.denominator_ >> 1);
  }
  return out;
}

Result<Ratio> Ratio::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  Decimal above;
  Decimal below{.digits = 1, .scale = 1};
  if (!parse_decimal(text.substr(0, slash), above) ||
      (slash != std::string_view::npos && !parse_decimal(text.substr(slash + 1), below)) ||
      below.digits == 0)
    return Error::invalid(
        "factor '{}': expected a number of at least 0 and at most {} digits, or a ratio of two: "
        "0.25, 8000/75000",
        text.substr(0, 60), kMaxDigits);
  return reduced(above.digits * below.scale, above.scale * below.digits);
}

Ratio Ratio::times(const Ratio& other) const {
  // Reduced crosswise first, so that parts of 62 bits do not overflow.
  const Ratio left = reduced(numerator_, other.denominator_);
  const Ratio right = reduced(other.numerator_, denominator_);
  return reduced(left.numerator_ * right.numerator_, left.denominator_ * right.denominator_);
}

profile::Sum Ratio::of(const profile::Sum& value) const {
  const Wide whole = value.wide() / denominator_;
  const Wide rest = value.wide() % denominator_;
  return profile::Sum::from_wide(whole * numerator_ +
                                 (2 * rest * numerator_ + denominator_) / (2 * denominator_));
}

}  // namespace phlox::query
