#include "storage/selector.h"

#include <re2/re2.h>

#include <algorithm>

namespace phlox::storage {
namespace {

constexpr std::int64_t kMaxPatternMemory = 1 << 20;

}  // namespace

Result<Matcher> Matcher::create(std::string name, Operator op, std::string value) {
  Matcher matcher(std::move(name), op, std::move(value));
  if (op == Operator::kMatches || op == Operator::kNotMatches) {
    if (matcher.value_.size() > kMaxPatternBytes)
      return Error::limit("label '{}': pattern of {} bytes, at most {}", matcher.name_,
                          matcher.value_.size(), kMaxPatternBytes);
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kMaxPatternMemory);
    auto pattern = std::make_shared<const re2::RE2>(matcher.value_, options);
    if (!pattern->ok())
      return Error::invalid("label '{}': pattern '{}': {}", matcher.name_, matcher.value_,
                            pattern->error());
    matcher.pattern_ = std::move(pattern);
  }
  return matcher;
}

bool Matcher::matches(const profile::ProfileType& type, const profile::Labels& labels) const {
  return matches(label_of(type, labels, name_));
}

bool Matcher::matches(std::string_view value) const {
  switch (op_) {
    case Operator::kEqual:
      return value == value_;
    case Operator::kNotEqual:
      return value != value_;
    case Operator::kMatches:
      return re2::RE2::FullMatch({value.data(), value.size()}, *pattern_);
    case Operator::kNotMatches:
      return !re2::RE2::FullMatch({value.data(), value.size()}, *pattern_);
  }
  return false;
}

Result<> Selector::add(std::string name, Matcher::Operator op, std::string value) {
  PHLOX_TRY(Matcher matcher, Matcher::create(std::move(name), op, std::move(value)));
  matchers.push_back(std::move(matcher));
  return {};
}

bool Selector::matches(const profile::ProfileType& type, const profile::Labels& labels) const {
  return std::ranges::all_of(matchers, [&](const Matcher& m) { return m.matches(type, labels); });
}

std::string label_of(const profile::ProfileType& type, const profile::Labels& labels,
                     std::string_view name) {
  if (name == profile::kProfileTypeLabel) return type.to_string();
  if (name == profile::kProfileName) return type.name;
  if (name == "__type__") return type.sample.type;
  if (name == "__unit__") return type.sample.unit;
  if (name == "__period_type__") return type.period.type;
  if (name == "__period_unit__") return type.period.unit;
  return std::string(labels.get(name));
}

}  // namespace phlox::storage
