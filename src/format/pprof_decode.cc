#include <algorithm>
#include <map>
#include <optional>
#include <protozero/pbf_message.hpp>
#include <unordered_map>

#include "base/gzip.h"
#include "base/utf8.h"
#include "format/pprof.h"
#include "format/pprof_fields.h"
#include "format/pprof_wire.h"
#include "profile/function_kind.h"
#include "profile/sum.h"

namespace phlox::format {
namespace {

using namespace pprof;
using profile::FrameId;
using profile::FunctionId;
using profile::Labels;
using profile::Profile;
using protozero::data_view;
using protozero::pbf_message;
using protozero::pbf_wire_type;

struct RawMapping {
  std::uint64_t filename = 0;
};
struct RawFunction {
  std::uint64_t id = 0;
  std::uint64_t name = 0;
  std::uint64_t system_name = 0;
  std::uint64_t filename = 0;
  std::int64_t start_line = 0;
};
struct RawLine {
  std::uint64_t function_id = 0;
  std::int64_t line = 0;
};
struct RawLocation {
  std::uint64_t id = 0;
  std::uint64_t mapping_id = 0;
  std::uint64_t address = 0;
  std::uint32_t first_line = 0;  // in Decoder::lines_
  std::uint32_t line_count = 0;
};
struct RawValueType {
  std::uint64_t type = 0;
  std::uint64_t unit = 0;
};

std::uint32_t line_number(std::int64_t line) {
  return line > 0 && line <= UINT32_MAX ? static_cast<std::uint32_t>(line) : 0;
}

class Decoder {
 public:
  explicit Decoder(const PprofLimits& limits) : limits_(limits) {}

  Result<Profile> decode(std::string_view bytes) {
    PHLOX_TRY(read_tables(bytes));
    PHLOX_TRY(check_strings());
    PHLOX_TRY(read_header());
    PHLOX_TRY(intern_functions());
    PHLOX_TRY(intern_locations());
    // The place is put into words only for an error: that costs more than reading a sample.
    for (std::size_t i = 0; i < samples_.size(); ++i) {
      if (Result<> read = read_sample(samples_[i]); !read)
        return std::move(read.error()).with_context(fmt::format("sample {}", i));
    }
    return std::move(profile_);
  }

 private:
  // Pass 1: tables into flat arrays; samples are only located, as their tables may follow them.
  Result<> read_tables(std::string_view bytes);
  void read_mapping(pbf_message<MappingField> message);
  void read_location(pbf_message<LocationField> message);
  void read_function(pbf_message<FunctionField> message);
  static RawValueType read_value_type(pbf_message<ValueTypeField> message);

  Result<> check_strings();
  Result<> read_header();
  Result<> intern_functions();
  Result<> intern_locations();
  Result<> intern_location(const RawLocation& raw);
  Result<FrameId> frame_of_line(const RawLine& line, std::string_view mapping);
  FrameId frame_of_address(std::uint64_t address, std::string_view mapping);
  Result<std::string_view> mapping_name(const RawLocation& location) const;

  // Pass 2.
  Result<> read_sample(data_view bytes);
  Result<> append_frames(std::uint64_t location_id);
  profile::StackId intern_stack();
  Result<> read_label(pbf_message<LabelField> message);
  Result<> append_value(std::int64_t value);
  Result<std::uint32_t> label_set();

  Result<std::string_view> string(std::uint64_t index) const {
    if (index >= strings_.size())
      return Error::invalid("string {} of a table of {}", index, strings_.size());
    return std::string_view(strings_[index].data(), strings_[index].size());
  }

  const PprofLimits& limits_;
  Profile profile_;

  std::vector<data_view> strings_;
  std::vector<data_view> samples_;
  std::vector<RawValueType> sample_types_;
  RawValueType period_type_;
  std::vector<RawMapping> mappings_;
  IdIndex mapping_index_;
  std::vector<RawFunction> functions_;
  IdIndex function_index_;
  std::vector<RawLocation> locations_;
  IdIndex location_index_;
  std::vector<RawLine> lines_;
  std::string fault_;  // found inside a nested message of pass 1

  std::vector<FrameId> frames_;  // frames of all locations, leaf first
  std::vector<std::uint32_t>
      frames_begin_;            // location index -> first of its frames; one more at the end
  std::vector<FrameId> stack_;  // of the sample being read; kept to reuse its memory
  std::vector<std::pair<FrameId, profile::StackId>> path_;  // of the sample before, root first
  std::vector<std::int64_t> values_;
  std::vector<Labels::Pair> labels_;
  std::map<std::vector<Labels::Pair>, std::uint32_t> label_sets_;
};

RawValueType Decoder::read_value_type(pbf_message<ValueTypeField> message) {
  RawValueType raw;
  while (message.next()) {
    switch (message.tag()) {
      case ValueTypeField::kType:
        raw.type = unsigned_of(message);
        break;
      case ValueTypeField::kUnit:
        raw.unit = unsigned_of(message);
        break;
      default:
        message.skip();
    }
  }
  return raw;
}

void Decoder::read_mapping(pbf_message<MappingField> message) {
  RawMapping raw;
  std::uint64_t id = 0;
  while (message.next()) {
    switch (message.tag()) {
      case MappingField::kId:
        id = unsigned_of(message);
        break;
      case MappingField::kFilename:
        raw.filename = unsigned_of(message);
        break;
      default:
        message.skip();
    }
  }
  if (id == 0 || !mapping_index_.add(id, static_cast<std::uint32_t>(mappings_.size())))
    fault_ = fmt::format("mapping id {} is 0 or given twice", id);
  mappings_.push_back(raw);
}

void Decoder::read_location(pbf_message<LocationField> message) {
  RawLocation raw{.first_line = static_cast<std::uint32_t>(lines_.size())};
  while (message.next()) {
    switch (message.tag()) {
      case LocationField::kId:
        raw.id = unsigned_of(message);
        break;
      case LocationField::kMappingId:
        raw.mapping_id = unsigned_of(message);
        break;
      case LocationField::kAddress:
        raw.address = unsigned_of(message);
        break;
      case LocationField::kLine: {
        pbf_message<LineField> nested(bytes_of(message));
        RawLine line;
        while (nested.next()) {
          switch (nested.tag()) {
            case LineField::kFunctionId:
              line.function_id = unsigned_of(nested);
              break;
            case LineField::kLine:
              line.line = signed_of(nested);
              break;
            default:
              nested.skip();
          }
        }
        lines_.push_back(line);
        break;
      }
      default:
        message.skip();
    }
  }
  raw.line_count = static_cast<std::uint32_t>(lines_.size()) - raw.first_line;
  if (raw.id == 0 || !location_index_.add(raw.id, static_cast<std::uint32_t>(locations_.size())))
    fault_ = fmt::format("location id {} is 0 or given twice", raw.id);
  locations_.push_back(raw);
}

void Decoder::read_function(pbf_message<FunctionField> message) {
  RawFunction raw;
  while (message.next()) {
    switch (message.tag()) {
      case FunctionField::kId:
        raw.id = unsigned_of(message);
        break;
      case FunctionField::kName:
        raw.name = unsigned_of(message);
        break;
      case FunctionField::kSystemName:
        raw.system_name = unsigned_of(message);
        break;
      case FunctionField::kFilename:
        raw.filename = unsigned_of(message);
        break;
      case FunctionField::kStartLine:
        raw.start_line = signed_of(message);
        break;
      default:
        message.skip();
    }
  }
  if (raw.id == 0 || !function_index_.add(raw.id, static_cast<std::uint32_t>(functions_.size())))
    fault_ = fmt::format("function id {} is 0 or given twice", raw.id);
  functions_.push_back(raw);
}

Result<> Decoder::read_tables(std::string_view bytes) {
  pbf_message<ProfileField> message(bytes.data(), bytes.size());
  while (message.next()) {
    switch (message.tag()) {
      case ProfileField::kSampleType:
        sample_types_.push_back(read_value_type(bytes_of(message)));
        break;
      case ProfileField::kSample:
        samples_.push_back(bytes_of(message));
        break;
      case ProfileField::kMapping:
        read_mapping(bytes_of(message));
        break;
      case ProfileField::kLocation:
        read_location(bytes_of(message));
        break;
      case ProfileField::kFunction:
        read_function(bytes_of(message));
        break;
      case ProfileField::kString:
        strings_.push_back(bytes_of(message));
        break;
      case ProfileField::kTimeNanos:
        profile_.start = from_unix_ns(signed_of(message));
        break;
      case ProfileField::kDurationNanos:
        profile_.duration = Nanoseconds(signed_of(message));
        break;
      case ProfileField::kPeriodType:
        period_type_ = read_value_type(bytes_of(message));
        break;
      case ProfileField::kPeriod:
        profile_.period = signed_of(message);
        break;
      default:
        message.skip();
    }
    if (!fault_.empty()) return Error::invalid("{}", fault_);
  }
  if (samples_.size() > limits_.max_samples)
    return Error::limit("{} samples, at most {}", samples_.size(), limits_.max_samples);
  return {};
}

Result<> Decoder::check_strings() {
  for (std::size_t i = 0; i < strings_.size(); ++i) {
    const std::string_view text(strings_[i].data(), strings_[i].size());
    if (text.size() > limits_.max_string_bytes)
      return Error::limit("string {}: {} bytes, at most {}", i, text.size(),
                          limits_.max_string_bytes);
    if (!is_utf8(text)) return Error::invalid("string {} is not UTF-8", i);
  }
  return {};
}

Result<> Decoder::read_header() {
  if (sample_types_.empty()) return Error::invalid("no sample type");
  if (sample_types_.size() > limits_.max_sample_types)
    return Error::limit("{} sample types, at most {}", sample_types_.size(),
                        limits_.max_sample_types);
  for (const RawValueType& raw : sample_types_) {
    PHLOX_TRY(const auto type, string(raw.type).context("sample type"));
    PHLOX_TRY(const auto unit, string(raw.unit).context("sample type"));
    if (type.empty()) return Error::invalid("a sample type has no name");
    profile_.sample_types.push_back({std::string(type), std::string(unit)});
  }
  PHLOX_TRY(const auto type, string(period_type_.type).context("period type"));
  PHLOX_TRY(const auto unit, string(period_type_.unit).context("period type"));
  profile_.period_type = {std::string(type), std::string(unit)};
  if (profile_.duration < Nanoseconds::zero())
    return Error::invalid("duration of {} ns is negative", profile_.duration.count());
  return {};
}

Result<> Decoder::intern_functions() {
  // Names only: a function is interned per location, since its kind depends on the mapping.
  for (const RawFunction& raw : functions_) {
    for (const std::uint64_t index : {raw.name, raw.system_name, raw.filename}) {
      if (auto text = string(index); !text)
        return std::move(text.error()).with_context(fmt::format("function {}", raw.id));
    }
  }
  return {};
}

Result<std::string_view> Decoder::mapping_name(const RawLocation& location) const {
  if (location.mapping_id == 0) return std::string_view();
  const auto index = mapping_index_.find(location.mapping_id);
  if (!index) return Error::invalid("mapping id {} is not defined", location.mapping_id);
  return string(mappings_[*index].filename);
}

Result<FrameId> Decoder::frame_of_line(const RawLine& line, std::string_view mapping) {
  const auto index = function_index_.find(line.function_id);
  if (!index) return Error::invalid("function id {} is not defined", line.function_id);
  const RawFunction& raw = functions_[*index];
  auto& symbols = profile_.symbols;
  // The indices were checked in intern_functions.
  const std::string_view name = *string(raw.name != 0 ? raw.name : raw.system_name);
  const std::string_view file = *string(raw.filename);
  const FunctionId function =
      symbols.intern_function({.name = symbols.intern_string(name),
                               .file = symbols.intern_string(file),
                               .module = symbols.intern_string(profile::module_of(file, mapping)),
                               .first_line = line_number(raw.start_line),
                               .kind = profile::kind_of(name, file, mapping)});
  return symbols.intern_frame({.function = function, .line = line_number(line.line)});
}

FrameId Decoder::frame_of_address(std::uint64_t address, std::string_view mapping) {
  auto& symbols = profile_.symbols;
  const std::string name = fmt::format("{:#x}", address);
  const FunctionId function = symbols.intern_function(
      {.name = symbols.intern_string(name),
       .module = symbols.intern_string(profile::module_of("", mapping)),
       .kind = mapping.starts_with("[kernel") ? profile::FunctionKind::kKernel
                                              : profile::FunctionKind::kNative});
  return symbols.intern_frame({.function = function});
}

Result<> Decoder::intern_location(const RawLocation& raw) {
  PHLOX_TRY(const std::string_view mapping, mapping_name(raw));
  for (std::uint32_t i = 0; i < raw.line_count; ++i) {
    PHLOX_TRY(const FrameId frame, frame_of_line(lines_[raw.first_line + i], mapping));
    frames_.push_back(frame);
  }
  if (raw.line_count == 0) frames_.push_back(frame_of_address(raw.address, mapping));
  return {};
}

Result<> Decoder::intern_locations() {
  frames_begin_.reserve(locations_.size() + 1);
  for (const RawLocation& raw : locations_) {
    frames_begin_.push_back(static_cast<std::uint32_t>(frames_.size()));
    if (Result<> interned = intern_location(raw); !interned)
      return std::move(interned.error()).with_context(fmt::format("location {}", raw.id));
  }
  frames_begin_.push_back(static_cast<std::uint32_t>(frames_.size()));
  return {};
}

Result<> Decoder::append_frames(std::uint64_t location_id) {
  const auto index = location_index_.find(location_id);
  if (!index) return Error::invalid("location id {} is not defined", location_id);
  stack_.insert(stack_.end(), frames_.begin() + frames_begin_[*index],
                frames_.begin() + frames_begin_[*index + 1]);
  return {};
}

// Samples that follow each other often share their callers: those are not looked up again.
profile::StackId Decoder::intern_stack() {
  if (stack_.size() > profile::kMaxStackFrames) return profile_.symbols.intern_stack(stack_);
  std::size_t shared = 0;
  while (shared < std::min(path_.size(), stack_.size()) &&
         path_[shared].first == stack_[stack_.size() - 1 - shared])
    ++shared;
  path_.resize(shared);
  for (std::size_t i = stack_.size() - shared; i-- > 0;) {
    const profile::StackId parent = path_.empty() ? profile::StackId::kEmpty : path_.back().second;
    path_.push_back({stack_[i], profile_.symbols.intern_child(parent, stack_[i])});
  }
  return path_.empty() ? profile::StackId::kEmpty : path_.back().second;
}

Result<> Decoder::append_value(std::int64_t value) {
  if (value < 0) return Error::invalid("value {} is negative", value);
  if (value > profile::kMaxPushedValue) return Error::invalid("value {} is over 2^53", value);
  values_.push_back(value);
  return {};
}

Result<> Decoder::read_label(pbf_message<LabelField> message) {
  std::uint64_t key = 0;
  std::uint64_t text = 0;
  while (message.next()) {
    switch (message.tag()) {
      case LabelField::kKey:
        key = unsigned_of(message);
        break;
      case LabelField::kString:
        text = unsigned_of(message);
        break;
      default:
        message.skip();
    }
  }
  PHLOX_TRY(const auto name, string(key).context("label"));
  PHLOX_TRY(const auto value, string(text).context("label"));
  if (text != 0) labels_.emplace_back(name, value);
  return {};
}

Result<std::uint32_t> Decoder::label_set() {
  if (labels_.empty()) return 0u;
  std::ranges::sort(labels_);
  if (const auto known = label_sets_.find(labels_); known != label_sets_.end())
    return known->second;
  PHLOX_TRY(Labels labels, Labels::from_pairs(labels_));
  const auto index = static_cast<std::uint32_t>(profile_.label_sets.size());
  profile_.label_sets.push_back(std::move(labels));
  label_sets_.emplace(labels_, index);
  return index;
}

Result<> Decoder::read_sample(data_view bytes) {
  stack_.clear();
  values_.clear();
  labels_.clear();
  pbf_message<SampleField> message(bytes);
  while (message.next()) {
    const bool packed = message.wire_type() == pbf_wire_type::length_delimited;
    switch (message.tag()) {
      case SampleField::kLocationId:
        if (packed) {
          for (const auto id : message.get_packed_uint64()) PHLOX_TRY(append_frames(id));
        } else {
          PHLOX_TRY(append_frames(unsigned_of(message)));
        }
        break;
      case SampleField::kValue:
        if (packed) {
          for (const auto value : message.get_packed_int64()) PHLOX_TRY(append_value(value));
        } else {
          PHLOX_TRY(append_value(signed_of(message)));
        }
        break;
      case SampleField::kLabel:
        PHLOX_TRY(read_label(bytes_of(message)));
        break;
      default:
        message.skip();
    }
  }
  if (values_.size() != profile_.sample_types.size())
    return Error::invalid("{} values for {} sample types", values_.size(),
                          profile_.sample_types.size());
  PHLOX_TRY(const std::uint32_t labels, label_set());
  profile_.add_sample(intern_stack(), values_, labels);
  return {};
}

}  // namespace

Result<Profile> decode_pprof(std::string_view bytes, const PprofLimits& limits) {
  std::string unpacked;
  if (is_gzip(bytes)) {
    PHLOX_TRY(unpacked, gunzip(bytes, limits.max_unpacked_bytes).context("pprof"));
    bytes = unpacked;
  }
  if (bytes.empty()) return Error::corrupt("pprof: empty");
  if (bytes.size() > limits.max_unpacked_bytes)
    return Error::limit("pprof: {} bytes, at most {}", bytes.size(), limits.max_unpacked_bytes);
  try {
    return Decoder(limits).decode(bytes).context("pprof");
  } catch (const protozero::exception& e) {
    return Error::corrupt("pprof: not a protobuf message, or cut off ({})", e.what());
  }
}

}  // namespace phlox::format
