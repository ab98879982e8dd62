// What a pprof means by libprotobuf's reading, against which our own decoder (format/pprof.h) is
// held in tests and by the fuzzer. Written for clarity, not for speed.
#pragma once

#include <fmt/format.h>

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "google/v1/profile.pb.h"
#include "profile/profile.h"
#include "profile/sum.h"

namespace phlox::api::testing {

struct OracleFrame {
  std::string name;
  std::string file;
  std::uint32_t first_line = 0;
  std::uint32_t line = 0;
  auto operator<=>(const OracleFrame&) const = default;
};
struct OracleSample {
  std::vector<OracleFrame> leaf_first;
  std::vector<std::int64_t> values;
  std::vector<profile::Labels::Pair> labels;  // sorted
  auto operator<=>(const OracleSample&) const = default;
};

// Nothing if a reference leads nowhere, or something else is not as format/pprof.h wants it.
class PprofOracle {
 public:
  static std::optional<std::vector<OracleSample>> read(std::string_view bytes) {
    google::v1::Profile message;
    if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return std::nullopt;
    PprofOracle oracle(message);
    std::vector<OracleSample> samples;
    for (const auto& sample : message.sample()) samples.push_back(oracle.sample(sample));
    if (!oracle.is_valid_) return std::nullopt;
    return samples;
  }

 private:
  explicit PprofOracle(const google::v1::Profile& message) : message_(message) {
    check(message.sample_type_size() > 0 && message.sample_type_size() <= 32);
    for (const auto& type : message.sample_type()) {
      check(!text(type.type()).empty());
      text(type.unit());
    }
    text(message.period_type().type());
    text(message.period_type().unit());
    check(message.duration_nanos() >= 0);
    for (const auto& mapping : message.mapping())
      check(mapping.id() != 0 && mappings_.emplace(mapping.id(), &mapping).second);
    for (const auto& function : message.function()) {
      check(function.id() != 0 && functions_.emplace(function.id(), &function).second);
      text(function.name());
      text(function.system_name());
      text(function.filename());
    }
    for (const auto& location : message.location()) {
      check(location.id() != 0);
      const bool is_new = frames_.emplace(location.id(), frames_of(location)).second;
      check(is_new);
    }
  }

  void check(bool holds) { is_valid_ &= holds; }

  std::string text(std::int64_t index) {
    const bool is_there = index >= 0 && index < message_.string_table_size();
    check(is_there);
    return is_there ? message_.string_table(static_cast<int>(index)) : "";
  }
  static std::uint32_t line_number(std::int64_t line) {
    return line > 0 && line <= UINT32_MAX ? static_cast<std::uint32_t>(line) : 0;
  }
  std::vector<OracleFrame> frames_of(const google::v1::Location& location) {
    if (location.mapping_id() != 0) {
      const auto mapping = mappings_.find(location.mapping_id());
      check(mapping != mappings_.end());
      if (mapping != mappings_.end()) text(mapping->second->filename());
    }
    std::vector<OracleFrame> frames;
    for (const auto& line : location.line()) {
      const auto found = functions_.find(line.function_id());
      check(found != functions_.end());
      if (found == functions_.end()) continue;
      const auto& function = *found->second;
      frames.push_back(
          {.name = text(function.name() != 0 ? function.name() : function.system_name()),
           .file = text(function.filename()),
           .first_line = line_number(function.start_line()),
           .line = line_number(line.line())});
    }
    if (location.line_size() == 0)
      frames.push_back({.name = fmt::format("{:#x}", location.address()), .file = ""});
    return frames;
  }
  OracleSample sample(const google::v1::Sample& message) {
    OracleSample out;
    for (const std::uint64_t id : message.location_id()) {
      const auto found = frames_.find(id);
      check(found != frames_.end());
      if (found == frames_.end()) continue;
      out.leaf_first.insert(out.leaf_first.end(), found->second.begin(), found->second.end());
    }
    if (out.leaf_first.size() > profile::kMaxStackFrames) {
      out.leaf_first.resize(profile::kMaxStackFrames);
      out.leaf_first.push_back({.name = std::string(profile::kTruncatedFrame), .file = ""});
    }
    check(message.value_size() == message_.sample_type_size());
    for (const std::int64_t value : message.value()) {
      check(value >= 0 && value <= profile::kMaxPushedValue);
      out.values.push_back(value);
    }
    for (const auto& label : message.label()) {
      const profile::Labels::Pair pair{text(label.key()), text(label.str())};
      if (label.str() != 0) out.labels.push_back(pair);
    }
    const auto labels = profile::Labels::from_pairs(out.labels);
    check(labels.has_value());
    if (labels) out.labels = labels->pairs();
    return out;
  }

  const google::v1::Profile& message_;
  std::map<std::uint64_t, const google::v1::Mapping*> mappings_;
  std::map<std::uint64_t, const google::v1::Function*> functions_;
  std::map<std::uint64_t, std::vector<OracleFrame>> frames_;  // by location
  bool is_valid_ = true;
};

// The same of what our decoder has made.
inline std::vector<OracleSample> samples_of(const profile::Profile& profile) {
  std::vector<OracleSample> samples;
  const std::size_t types = profile.sample_types.size();
  for (std::size_t i = 0; i < profile.sample_count(); ++i) {
    OracleSample& sample = samples.emplace_back();
    for (auto at = profile.stacks[i]; at != profile::StackId::kEmpty;) {
      const profile::StackNode& node = profile.symbols.stack(at);
      const profile::Frame& frame = profile.symbols.frame(node.frame);
      const profile::Function& function = profile.symbols.function(frame.function);
      sample.leaf_first.push_back({.name = std::string(profile.symbols.string(function.name)),
                                   .file = std::string(profile.symbols.string(function.file)),
                                   .first_line = function.first_line,
                                   .line = frame.line});
      at = node.parent;
    }
    const auto values = profile.values.begin() + static_cast<std::ptrdiff_t>(i * types);
    sample.values.assign(values, values + static_cast<std::ptrdiff_t>(types));
    sample.labels = profile.label_sets[profile.label_set_of[i]].pairs();
  }
  return samples;
}

}  // namespace phlox::api::testing
