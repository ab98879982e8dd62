// Recording: the profiles of one name of many windows and processes, added up to one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "profile/profile.h"
#include "sampler/sampler.h"

namespace phlox::agent {

// Where the values of a sample type stand, found by name: nothing if the profile has none.
std::optional<std::size_t> column_of(const profile::Profile& profile,
                                     const profile::ValueType& type);

// For one thread: the sampler's while it runs, any other once that has stopped.
class Recording {
 public:
  // Takes the profiles of that name: process_cpu, wall, gil (sampler::NamedProfile).
  explicit Recording(std::string name) : name_(std::move(name)) {}

  // kLimit when a sum does not fit 64 bits.
  Result<> add(const sampler::Window& window);

  // Spans from the earliest start to the latest end of what was added.
  const profile::Profile& profile() const { return sum_; }
  // Sum over the column of that type; 0 without one.
  std::int64_t total(const profile::ValueType& type) const;

 private:
  Result<> add_profile(const profile::Profile& profile);
  void extend_time(const profile::Profile& profile);

  std::string name_;
  profile::Profile sum_;
  std::unordered_map<profile::StackId, std::size_t> row_of_;
};

}  // namespace phlox::agent
