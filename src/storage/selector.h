// Selector: conditions on labels that pick series, as Prometheus has them. All must hold; a label
// that a series does not have counts as "". Patterns are RE2, anchored at both ends.
//
// Beside a series' own labels, its profile type can be asked for: __profile_type__ is the whole of
// it, __name__, __type__, __unit__, __period_type__ and __period_unit__ its parts.
//
// Copies share their compiled patterns; any thread may match.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "profile/labels.h"
#include "profile/profile_type.h"

namespace re2 {
class RE2;
}

namespace phlox::storage {

inline constexpr std::size_t kMaxMatchers = 64;
inline constexpr std::size_t kMaxPatternBytes = 4096;

class Matcher {
 public:
  enum class Operator { kEqual, kNotEqual, kMatches, kNotMatches };

  // kInvalid for a pattern that does not compile, kLimit for one that is too large.
  static Result<Matcher> create(std::string name, Operator op, std::string value);

  const std::string& name() const { return name_; }
  bool matches(std::string_view value) const;
  bool matches(const profile::ProfileType& type, const profile::Labels& labels) const;

 private:
  Matcher(std::string name, Operator op, std::string value)
      : name_(std::move(name)), op_(op), value_(std::move(value)) {}

  std::string name_;
  Operator op_;
  std::string value_;
  std::shared_ptr<const re2::RE2> pattern_;  // for kMatches and kNotMatches
};

struct Selector {
  std::vector<Matcher> matchers;  // none: everything

  // Narrows it; errors of Matcher::create.
  Result<> add(std::string name, Matcher::Operator op, std::string value);
  bool matches(const profile::ProfileType& type, const profile::Labels& labels) const;
};

// The value of a label of a series, one of the names above included; "" if it has none.
std::string label_of(const profile::ProfileType& type, const profile::Labels& labels,
                     std::string_view name);

}  // namespace phlox::storage
