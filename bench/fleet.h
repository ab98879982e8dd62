// Fleet: profiles of fifty services, the same in every run: what `make bench` pushes and stores.
//
// 20,000 functions, chosen with Zipf weights. Each service has 20,000 distinct stacks of mean depth
// 37 that grow from each other like those of a real program; a profile has some hundred of them,
// common ones more often than rare ones, and each later profile reaches a few more.
//
// Owns its symbols, one table a service. One thread.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "profile/call_tree.h"
#include "profile/profile.h"

namespace phlox::bench {

inline constexpr std::size_t kServices = 50;
inline constexpr std::size_t kFunctions = 20'000;
inline constexpr std::size_t kStacksPerService = 20'000;

class FleetService {
 public:
  // Another release has moved all lines, so that none of its stacks is known.
  explicit FleetService(std::size_t number, std::uint32_t release = 0);

  const std::string& name() const { return name_; }
  const profile::Symbols& symbols() const { return symbols_; }
  // How many stacks this service's profiles have: 200 to 3000 over the fleet, 940 in the middle.
  std::size_t usual_stack_count() const { return usual_stack_count_; }

  // The same numbers give the same stacks and values. CPU time of 10 ms a sample.
  std::vector<profile::StackValue> values(std::size_t profile_number,
                                          std::size_t stack_count) const;
  // The same as a gzipped pprof without a time; append time_member() to say when.
  std::string pprof(std::size_t profile_number, std::size_t stack_count) const;

 private:
  std::string name_;
  std::size_t usual_stack_count_;
  profile::Symbols symbols_;
  std::vector<profile::StackId> stacks_;  // common ones first
};

// Time and duration as a gzip member of its own: a gzip file may have several, and protobuf
// messages that follow each other are one. So a body that was built and compressed once gets any
// time.
std::string time_member(std::int64_t start_ns, std::int64_t duration_ns);

}  // namespace phlox::bench
