#include <limits>
#include <protozero/pbf_builder.hpp>
#include <unordered_map>

#include "format/pprof.h"
#include "format/pprof_fields.h"

namespace phlox::format {
namespace {

using namespace pprof;
using profile::FrameId;
using profile::FunctionId;
using profile::FunctionKind;
using profile::Profile;
using profile::StackId;
using protozero::pbf_builder;

// pprof ids start at 1. A location stands for a frame, a function for a function, a mapping for the
// module of native code.
class Encoder {
 public:
  explicit Encoder(const Profile& profile) : profile_(profile), symbols_(profile.symbols) {
    string("");
  }

  std::string encode() {
    for (const auto& type : profile_.sample_types) add_value_type(ProfileField::kSampleType, type);
    for (std::size_t i = 0; i < profile_.sample_count(); ++i) add_sample(i);
    out_.add_int64(ProfileField::kTimeNanos, to_unix_ns(profile_.start));
    out_.add_int64(ProfileField::kDurationNanos, profile_.duration.count());
    add_value_type(ProfileField::kPeriodType, profile_.period_type);
    out_.add_int64(ProfileField::kPeriod, profile_.period);
    for (const std::string_view text : strings_)
      out_.add_string(ProfileField::kString, text.data(), text.size());
    return std::move(bytes_);
  }

 private:
  void add_value_type(ProfileField field, const profile::ValueType& type) {
    const auto type_index = string(type.type);
    const auto unit_index = string(type.unit);
    pbf_builder<ValueTypeField> message(out_, field);
    message.add_int64(ValueTypeField::kType, type_index);
    message.add_int64(ValueTypeField::kUnit, unit_index);
  }

  void add_sample(std::size_t i) {
    location_ids_.clear();
    for (StackId at = profile_.stacks[i]; at != StackId::kEmpty; at = symbols_.stack(at).parent)
      location_ids_.push_back(location(symbols_.stack(at).frame));
    const auto& labels = profile_.label_sets[profile_.label_set_of[i]];
    label_strings_.clear();
    for (const auto& [name, value] : labels)
      label_strings_.emplace_back(string(name), string(value));

    pbf_builder<SampleField> message(out_, ProfileField::kSample);
    message.add_packed_uint64(SampleField::kLocationId, location_ids_.begin(), location_ids_.end());
    const auto values = profile_.values_of(i);
    message.add_packed_int64(SampleField::kValue, values.begin(), values.end());
    for (const auto& [name, value] : label_strings_) {
      pbf_builder<LabelField> label(message, SampleField::kLabel);
      label.add_int64(LabelField::kKey, name);
      label.add_int64(LabelField::kString, value);
    }
  }

  // Writes what a frame needs the first time it is seen. Field order is free in protobuf, so tables
  // and samples may mix.
  std::uint64_t location(FrameId id) {
    const auto [entry, added] = locations_.try_emplace(id, locations_.size() + 1);
    if (!added) return entry->second;
    const auto& frame = symbols_.frame(id);
    const std::uint64_t function_id = function(frame.function);
    const std::uint64_t mapping_id = mapping(symbols_.function(frame.function));
    pbf_builder<LocationField> message(out_, ProfileField::kLocation);
    message.add_uint64(LocationField::kId, entry->second);
    if (mapping_id != 0) message.add_uint64(LocationField::kMappingId, mapping_id);
    pbf_builder<LineField> line(message, LocationField::kLine);
    line.add_uint64(LineField::kFunctionId, function_id);
    line.add_int64(LineField::kLine, frame.line);
    return entry->second;
  }

  std::uint64_t function(FunctionId id) {
    const auto [entry, added] = functions_.try_emplace(id, functions_.size() + 1);
    if (!added) return entry->second;
    const auto& function = symbols_.function(id);
    const auto name = string(symbols_.string(function.name));
    const auto file = string(symbols_.string(function.file));
    pbf_builder<FunctionField> message(out_, ProfileField::kFunction);
    message.add_uint64(FunctionField::kId, entry->second);
    message.add_int64(FunctionField::kName, name);
    message.add_int64(FunctionField::kSystemName, name);
    message.add_int64(FunctionField::kFilename, file);
    message.add_int64(FunctionField::kStartLine, function.first_line);
    return entry->second;
  }

  // 0 for code without a mapping.
  std::uint64_t mapping(const profile::Function& function) {
    if (function.kind != FunctionKind::kNative && function.kind != FunctionKind::kKernel) return 0;
    const std::string_view name = function.kind == FunctionKind::kKernel
                                      ? "[kernel.kallsyms]"
                                      : symbols_.string(function.module);
    if (name.empty()) return 0;
    const auto filename = string(name);
    const auto [entry, added] = mappings_.try_emplace(filename, mappings_.size() + 1);
    if (added) {
      pbf_builder<MappingField> message(out_, ProfileField::kMapping);
      message.add_uint64(MappingField::kId, entry->second);
      message.add_int64(MappingField::kFilename, filename);
    }
    return entry->second;
  }

  // `text` must live as long as the profile.
  std::int64_t string(std::string_view text) {
    const auto [entry, added] =
        string_ids_.try_emplace(text, static_cast<std::int64_t>(strings_.size()));
    if (added) strings_.push_back(text);
    return entry->second;
  }

  const Profile& profile_;
  const profile::Symbols& symbols_;
  std::string bytes_;
  pbf_builder<ProfileField> out_{bytes_};
  std::vector<std::string_view> strings_;
  std::unordered_map<std::string_view, std::int64_t> string_ids_;
  std::unordered_map<FrameId, std::uint64_t> locations_;
  std::unordered_map<FunctionId, std::uint64_t> functions_;
  std::unordered_map<std::int64_t, std::uint64_t> mappings_;
  std::vector<std::uint64_t> location_ids_;
  std::vector<std::pair<std::int64_t, std::int64_t>> label_strings_;
};

}  // namespace

std::string encode_pprof(const Profile& profile) { return Encoder(profile).encode(); }

}  // namespace phlox::format
