#include "format/firefox_profile.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "format/frame_text.h"
#include "format/json_member.h"
#include "profile/sum.h"

namespace phlox::format {
namespace {

using nlohmann::json;
using profile::FrameId;
using profile::Profile;
using profile::StackId;

constexpr double kNanosecondsPerMillisecond = 1e6;
constexpr double kMostMs = 4e12;  // in 2096; in ns it fits 64 bits

// The entry of a column at an index, null where there is none.
const json& entry(const json& column, std::size_t index) {
  static const json kNothing;
  return column.is_array() && index < column.size() ? column[index] : kNothing;
}

std::optional<std::size_t> index_of(const json& value, std::size_t size) {
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() >= size) return std::nullopt;
  return value.get<std::size_t>();
}

// The tables of one thread.
class Tables {
 public:
  Tables(const json& file, const json& thread)
      : shared_(member(file, "shared")),
        thread_(thread),
        strings_(&table("stringArray")),
        functions_(&table("funcTable")),
        sources_(&table("sources")) {}

  // In the thread, or shared by all.
  const json& table(const char* name) const {
    const json& own = member(thread_, name);
    return own.is_null() ? member(shared_, name) : own;
  }

  std::string string_at(const json& index) const {
    const auto at = index_of(index, strings_->size());
    return at ? text_of((*strings_)[*at]) : std::string();
  }

  Result<FrameId> intern(std::size_t frame, profile::Symbols& symbols) const {
    const json& frames = table("frameTable");
    const json& names = member(*functions_, "name");
    const auto function = index_of(entry(member(frames, "func"), frame), names.size());
    if (!function) return Error::invalid("frame {} has no function", frame);
    const std::string name = string_at(names[*function]);
    if (name.empty()) return Error::invalid("function {} has no name", *function);
    const json& line = entry(member(frames, "line"), frame);
    const bool has_line = line.is_number_unsigned() && line.get<std::uint64_t>() <= UINT32_MAX;
    return intern_frame(symbols, name == "<GC>" ? "<gc>" : name, file_of(*function),
                        has_line ? line.get<std::uint32_t>() : 0);
  }

 private:
  std::string file_of(std::size_t function) const {
    const json& source = entry(member(*functions_, "source"), function);
    const json& files = member(*sources_, "filename");
    if (const auto at = index_of(source, files.size())) return string_at(files[*at]);
    return string_at(entry(member(*functions_, "fileName"), function));
  }

  const json& shared_;
  const json& thread_;
  const json* strings_;
  const json* functions_;
  const json* sources_;
};

class FirefoxDecoder {
 public:
  explicit FirefoxDecoder(const profile::ValueType& sample_type) {
    profile_.sample_types = {sample_type};
  }

  Result<Profile> decode(const json& file) {
    const json& threads = member(file, "threads");
    if (!threads.is_array()) return Error::invalid("there are no threads");
    const json& meta = member(file, "meta");
    const json& interval = member(meta, "interval");
    if (interval.is_number() && interval.get<double>() > 0 && interval.get<double>() < kMostMs)
      interval_ms_ = interval.get<double>();
    for (std::size_t i = 0; i < threads.size(); ++i)
      PHLOX_TRY(add_thread(Tables(file, threads[i]), member(threads[i], "samples"))
                    .context(fmt::format("thread {}", i)));
    set_time(meta);
    return std::move(profile_);
  }

 private:
  // Nanoseconds or bytes that a weight of 1 stands for.
  Result<double> scale_of(const std::string& weight_type) const {
    const std::string& unit = profile_.sample_types[0].unit;
    if (weight_type == "bytes" && unit == "bytes") return 1.0;
    if (weight_type == "tracing-ms" && unit == "nanoseconds") return kNanosecondsPerMillisecond;
    if (weight_type == "samples" && unit == "nanoseconds") {
      if (interval_ms_ == 0) return Error::invalid("meta.interval, a number of ms, is missing");
      return interval_ms_ * kNanosecondsPerMillisecond;
    }
    return Error::invalid("weights in '{}' where {} are wanted", weight_type, unit);
  }

  Result<> add_thread(const Tables& tables, const json& samples) {
    const json& stacks = member(samples, "stack");
    if (!stacks.is_array()) return Error::invalid("there is no samples.stack");
    const std::string weight_type = text_of(member(samples, "weightType"));
    PHLOX_TRY(const double scale, scale_of(weight_type.empty() ? "samples" : weight_type));
    PHLOX_TRY(const std::vector<StackId> known, intern_stacks(tables));
    const json& weights = member(samples, "weight");
    double rest = 0;  // of what was rounded, carried on
    for (std::size_t i = 0; i < stacks.size(); ++i) {
      const json& weight = entry(weights, i);
      const double exact = (weight.is_number() ? weight.get<double>() : 1) * scale + rest;
      const double whole = std::round(exact);
      if (stacks[i].is_null()) continue;
      const auto stack = index_of(stacks[i], known.size());
      if (!stack) return Error::invalid("sample {}: there is no such stack", i);
      if (!(exact - rest >= 0) || whole > static_cast<double>(profile::kMaxPushedValue))
        return Error::invalid("sample {}: its weight is negative or over 2^53", i);
      rest = exact - whole;
      const auto value = std::max<std::int64_t>(0, static_cast<std::int64_t>(whole));
      if (value > 0) profile_.add_sample(known[*stack], {&value, 1});
    }
    note_times(member(samples, "time"));
    return {};
  }

  Result<std::vector<StackId>> intern_stacks(const Tables& tables) {
    const json& table = tables.table("stackTable");
    const json& frames = member(table, "frame");
    const json& prefixes = member(table, "prefix");
    if (!frames.is_array() || !prefixes.is_array() || frames.size() != prefixes.size())
      return Error::invalid("there is no stackTable with as many prefixes as frames");
    std::vector<StackId> stacks;
    std::vector<std::size_t> depths;
    for (std::size_t i = 0; i < frames.size(); ++i) {
      const auto prefix = index_of(prefixes[i], i);  // only of those before
      if (!prefix && !prefixes[i].is_null())
        return Error::invalid("stack {}: its prefix is none of the stacks before it", i);
      depths.push_back(prefix ? depths[*prefix] + 1 : 1);
      if (depths.back() > profile::kMaxStackFrames)
        return Error::limit("stack {}: deeper than {} frames", i, profile::kMaxStackFrames);
      const auto frame = index_of(frames[i], SIZE_MAX);
      if (!frame) return Error::invalid("stack {}: its frame is no index", i);
      PHLOX_TRY(const FrameId interned, tables.intern(*frame, profile_.symbols));
      stacks.push_back(
          profile_.symbols.intern_child(prefix ? stacks[*prefix] : StackId::kEmpty, interned));
    }
    return stacks;
  }

  // Ascending ms since meta.startTime.
  void note_times(const json& times) {
    if (!times.is_array() || times.empty() || !times.back().is_number()) return;
    last_ms_ = std::max(last_ms_, times.back().get<double>());
  }

  // CPython's startTime is of a clock that does not begin in 1970; then there is none.
  void set_time(const json& meta) {
    constexpr double kEarliestMs = 1e12;  // 2001
    const double end_ms = last_ms_ + interval_ms_;
    if (end_ms > 0 && end_ms < kMostMs)
      profile_.duration = Nanoseconds(std::llround(end_ms * kNanosecondsPerMillisecond));
    const json& start = member(meta, "startTime");
    const double start_ms = start.is_number() ? start.get<double>() : 0;
    if (start_ms > kEarliestMs && start_ms < kMostMs)
      profile_.start = from_unix_ns(std::llround(start_ms * kNanosecondsPerMillisecond));
    profile_.period = std::llround(interval_ms_ * kNanosecondsPerMillisecond);
  }

  Profile profile_;
  double interval_ms_ = 0;
  double last_ms_ = 0;
};

}  // namespace

bool is_firefox_profile(std::string_view json) {
  // A text of JSON cannot hold the quotes like this.
  return json.find("\"preprocessedProfileVersion\":") != std::string_view::npos;
}

Result<Profile> decode_firefox_profile(std::string_view text,
                                       const profile::ValueType& sample_type) {
  const json file = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (file.is_discarded()) return Error::corrupt("Firefox profile: not JSON, or cut off");
  return FirefoxDecoder(sample_type).decode(file).context("Firefox profile");
}

}  // namespace phlox::format
