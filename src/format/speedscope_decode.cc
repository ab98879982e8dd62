#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "format/frame_text.h"
#include "format/json_member.h"
#include "format/speedscope.h"
#include "profile/sum.h"

namespace phlox::format {
namespace {

using nlohmann::json;
using profile::FrameId;
using profile::Profile;
using profile::StackId;

// One weight in units of the sample type.
std::optional<double> scale_of(const std::string& unit, const profile::ValueType& type,
                               double sample_value) {
  if (unit == "none") return sample_value;
  if (unit == "bytes" && type.unit == "bytes") return 1;
  if (type.unit != "nanoseconds") return std::nullopt;
  if (unit == "nanoseconds") return 1;
  if (unit == "microseconds") return 1e3;
  if (unit == "milliseconds") return 1e6;
  if (unit == "seconds") return 1e9;
  return std::nullopt;
}

class SpeedscopeDecoder {
 public:
  SpeedscopeDecoder(const profile::ValueType& sample_type, double sample_value)
      : sample_value_(sample_value) {
    profile_.sample_types = {sample_type};
  }

  Result<Profile> decode(const json& file) {
    const json& frames = member(member(file, "shared"), "frames");
    const json& profiles = member(file, "profiles");
    if (!frames.is_array() || !profiles.is_array())
      return Error::invalid("there are no shared.frames or no profiles");
    if (text_of(member(file, "exporter")) == "phlox" && profiles.size() > 1)
      return Error::invalid("it holds {} sample types of phlox; send them as pprof",
                            profiles.size());
    for (std::size_t i = 0; i < frames.size(); ++i)
      PHLOX_TRY(add_frame(frames[i]).context(fmt::format("frame {}", i)));
    for (std::size_t i = 0; i < profiles.size(); ++i)
      PHLOX_TRY(add_profile(profiles[i]).context(fmt::format("profile {}", i)));
    return std::move(profile_);
  }

 private:
  Result<> add_frame(const json& frame) {
    const std::string name = text_of(member(frame, "name"));
    if (name.empty()) return Error::invalid("it has no name");
    const json& line = member(frame, "line");
    const bool has_line = line.is_number_unsigned() && line.get<std::uint64_t>() <= UINT32_MAX;
    frames_.push_back(intern_frame(profile_.symbols, name, text_of(member(frame, "file")),
                                   has_line ? line.get<std::uint32_t>() : 0));
    return {};
  }

  Result<> add_profile(const json& profile) {
    const std::string unit = text_of(member(profile, "unit"));
    const auto scale = scale_of(unit, profile_.sample_types[0], sample_value_);
    if (!scale)
      return Error::invalid("unit '{}' where {} are wanted", unit, profile_.sample_types[0].unit);
    scale_ = *scale;
    rest_ = 0;
    const std::string type = text_of(member(profile, "type"));
    if (type == "sampled")
      return add_samples(member(profile, "samples"), member(profile, "weights"));
    if (type == "evented") return add_events(profile);
    return Error::invalid("type '{}', expected sampled or evented", type);
  }

  Result<FrameId> frame_at(const json& index) const {
    if (!index.is_number_unsigned() || index.get<std::uint64_t>() >= frames_.size())
      return Error::invalid("there is no frame {}", index.dump(-1, ' ', true));
    return frames_[index.get<std::size_t>()];
  }

  Result<> add_value(StackId stack, double weight) {
    const double exact = weight * scale_ + rest_;
    const double whole = std::round(exact);
    if (!(weight >= 0)) return Error::invalid("weight {} is negative", weight);
    if (whole > static_cast<double>(profile::kMaxPushedValue))
      return Error::invalid("weight {} is over 2^53", weight);
    rest_ = exact - whole;
    const auto value = std::max<std::int64_t>(0, static_cast<std::int64_t>(whole));
    if (value > 0) profile_.add_sample(stack, {&value, 1});
    return {};
  }

  Result<> add_samples(const json& samples, const json& weights) {
    if (!samples.is_array() || !weights.is_array() || samples.size() != weights.size())
      return Error::invalid("samples and weights are not two arrays of one length");
    for (std::size_t i = 0; i < samples.size(); ++i)
      PHLOX_TRY(add_sample(samples[i], weights[i]).context(fmt::format("sample {}", i)));
    return {};
  }

  Result<> add_sample(const json& indices, const json& weight) {
    if (!indices.is_array()) return Error::invalid("not an array of frames");
    if (!weight.is_number()) return Error::invalid("its weight is no number");
    std::vector<FrameId> leaf_first;
    for (auto index = indices.rbegin(); index != indices.rend(); ++index) {
      PHLOX_TRY(const FrameId frame, frame_at(*index));
      leaf_first.push_back(frame);
    }
    return add_value(profile_.symbols.intern_stack(leaf_first), weight.get<double>());
  }

  // Between two events the time is that of the stack that is open.
  Result<> add_events(const json& profile) {
    const json& events = member(profile, "events");
    if (!events.is_array()) return Error::invalid("events are not an array");
    const json& start = member(profile, "startValue");
    double last = start.is_number() ? start.get<double>() : 0;
    std::vector<Open> open;
    for (std::size_t i = 0; i < events.size(); ++i)
      PHLOX_TRY(add_event(events[i], last, open).context(fmt::format("event {}", i)));
    if (!open.empty()) return Error::invalid("{} frames are never closed", open.size());
    return {};
  }

  struct Open {
    FrameId frame{};
    StackId stack{};
  };

  Result<> add_event(const json& event, double& last, std::vector<Open>& open) {
    const json& at = member(event, "at");
    if (!at.is_number() || at.get<double>() < last) return Error::invalid("it is out of order");
    PHLOX_TRY(const FrameId frame, frame_at(member(event, "frame")));
    if (!open.empty()) PHLOX_TRY(add_value(open.back().stack, at.get<double>() - last));
    last = at.get<double>();
    const std::string type = text_of(member(event, "type"));
    if (type == "O") {
      if (open.size() >= profile::kMaxStackFrames)
        return Error::limit("deeper than {} frames", profile::kMaxStackFrames);
      const StackId parent = open.empty() ? StackId::kEmpty : open.back().stack;
      open.push_back({frame, profile_.symbols.intern_child(parent, frame)});
      return {};
    }
    if (type != "C") return Error::invalid("type '{}', expected O or C", type);
    if (open.empty() || open.back().frame != frame)
      return Error::invalid("it closes a frame that is not the innermost open one");
    open.pop_back();
    return {};
  }

  Profile profile_;
  double sample_value_;
  double scale_ = 1;
  double rest_ = 0;
  std::vector<FrameId> frames_;
};

}  // namespace

Result<Profile> decode_speedscope(std::string_view text, const profile::ValueType& sample_type,
                                  double sample_value) {
  const json file = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (file.is_discarded()) return Error::corrupt("speedscope: not JSON, or cut off");
  return SpeedscopeDecoder(sample_type, sample_value).decode(file).context("speedscope");
}

}  // namespace phlox::format
