// Labels: sorted (name, value) pairs that, with a profile type, name a series.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace phlox::profile {

inline constexpr std::size_t kMaxLabels = 30;
inline constexpr std::size_t kMaxLabelNameBytes = 1024;
inline constexpr std::size_t kMaxLabelValueBytes = 2048;

inline constexpr std::string_view kServiceName = "service_name";
inline constexpr std::string_view kUnknownService = "unknown_service";
inline constexpr std::string_view kProfileName =
    "__name__";  // first part of the profile type, on the wire
inline constexpr std::string_view kProfileTypeLabel = "__profile_type__";

class Labels {
 public:
  using Pair = std::pair<std::string, std::string>;

  Labels() = default;
  // Sorts. kInvalid for a duplicate or empty name or text that is not UTF-8, kLimit for the bounds
  // above; the message names the label. Pairs with an empty value are left out, as Prometheus does:
  // they mean "no such label".
  static Result<Labels> from_pairs(std::vector<Pair> pairs);

  // "" if absent.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const { return !get(name).empty(); }
  // Adds or replaces; the caller vouches for the bounds.
  void set(std::string_view name, std::string_view value);
  void remove(std::string_view name);

  const std::vector<Pair>& pairs() const { return pairs_; }
  auto begin() const { return pairs_.begin(); }
  auto end() const { return pairs_.end(); }
  bool empty() const { return pairs_.empty(); }
  std::size_t size() const { return pairs_.size(); }

  // {service_name="shop",version="1"}, quotes and backslashes escaped: a valid selector for exactly
  // these labels.
  std::string to_string() const;

  auto operator<=>(const Labels&) const = default;

 private:
  std::vector<Pair> pairs_;
};

}  // namespace phlox::profile
