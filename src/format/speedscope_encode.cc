#include "format/speedscope.h"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "profile/sum.h"

namespace phlox::format {
namespace {

using nlohmann::json;
using profile::FrameId;
using profile::Profile;
using profile::StackId;

constexpr std::array<std::string_view, 6> kUnits = {"none",         "nanoseconds", "microseconds",
                                                    "milliseconds", "seconds",     "bytes"};

// Frames in the order in which they are first met.
class FrameTable {
 public:
  explicit FrameTable(const profile::Symbols& symbols) : symbols_(symbols) {}

  // Root first.
  std::vector<std::size_t> indices_of(StackId stack) {
    std::vector<std::size_t> indices;
    for (StackId at = stack; at != StackId::kEmpty; at = symbols_.stack(at).parent)
      indices.push_back(index_of(symbols_.stack(at).frame));
    std::ranges::reverse(indices);
    return indices;
  }

  json take() { return std::move(frames_); }

 private:
  std::size_t index_of(FrameId id) {
    const auto [entry, added] = index_.try_emplace(id, index_.size());
    if (!added) return entry->second;
    const profile::Frame& frame = symbols_.frame(id);
    const profile::Function& function = symbols_.function(frame.function);
    json& shown = frames_.emplace_back(json{{"name", symbols_.string(function.name)}});
    if (const auto file = symbols_.string(function.file); !file.empty()) shown["file"] = file;
    if (frame.line > 0) shown["line"] = frame.line;
    return entry->second;
  }

  const profile::Symbols& symbols_;
  std::map<FrameId, std::size_t> index_;
  json frames_ = json::array();
};

Result<json> encode_column(const Profile& profile, std::size_t column, std::string_view name,
                           FrameTable& frames) {
  std::map<StackId, profile::Sum> sums;
  for (std::size_t i = 0; i < profile.sample_count(); ++i)
    sums[profile.stacks[i]] += profile.values_of(i)[column];
  json samples = json::array();
  json weights = json::array();
  profile::Sum total;
  for (const auto& [stack, sum] : sums) {
    PHLOX_TRY(const std::int64_t value, sum.to_int64());
    if (value == 0) continue;
    samples.push_back(frames.indices_of(stack));
    weights.push_back(value);
    total += sum;
  }
  PHLOX_TRY(const std::int64_t end, total.to_int64());
  const profile::ValueType& type = profile.sample_types[column];
  const bool known = std::ranges::find(kUnits, type.unit) != kUnits.end();
  return json{{"type", "sampled"},
              {"name", fmt::format("{} {}", name, type.type)},
              {"unit", known ? std::string_view(type.unit) : kUnits.front()},
              {"startValue", 0},
              {"endValue", end},
              {"samples", std::move(samples)},
              {"weights", std::move(weights)}};
}

}  // namespace

Result<std::string> encode_speedscope(const Profile& profile, std::string_view name) {
  FrameTable frames(profile.symbols);
  json profiles = json::array();
  for (std::size_t column = 0; column < profile.sample_types.size(); ++column) {
    PHLOX_TRY(json encoded, encode_column(profile, column, name, frames));
    profiles.push_back(std::move(encoded));
  }
  const json file{{"$schema", "https://www.speedscope.app/file-format-schema.json"},
                  {"shared", {{"frames", frames.take()}}},
                  {"profiles", std::move(profiles)},
                  {"name", name},
                  {"activeProfileIndex", 0},
                  {"exporter", "phlox"}};
  // Names come from programs and need not be UTF-8.
  return file.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace phlox::format
