#include <algorithm>
#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <map>
#include <protozero/pbf_message.hpp>

#include "base/gzip.h"
#include "format/pprof.h"
#include "format/pprof_tables.h"
#include "profile/function_kind.h"
#include "profile/sum.h"

namespace phlox::format {
namespace {

using namespace pprof;
using profile::FrameId;
using profile::Function;
using profile::FunctionId;
using profile::Labels;
using profile::Profile;
using profile::StackId;
using profile::StringId;
using protozero::data_view;
using protozero::pbf_message;
using protozero::pbf_wire_type;

std::uint32_t line_number(std::int64_t line) {
  return line > 0 && line <= UINT32_MAX ? static_cast<std::uint32_t>(line) : 0;
}

// Puts the rows of the message's tables into the symbols of a profile, each once.
class SymbolsBuilder {
 public:
  SymbolsBuilder(const RawTables& tables, PprofSymbols how, profile::Symbols& symbols)
      : tables_(tables),
        interns_(how == PprofSymbols::kInterned),
        symbols_(symbols),
        strings_(tables.strings.size()),
        modules_of_files_(tables.strings.size()),
        functions_(tables.functions.size()) {}

  Result<> check_functions() const;
  Result<FrameId> frame_of_line(const RawLine& line, const RawLocation& location);
  FrameId frame_of_address(const RawLocation& location);
  StackId child(StackId parent, FrameId frame);
  Result<std::string_view> mapping_name(const RawLocation& location) const;

 private:
  struct KnownFunction {
    bool is_known = false;
    std::uint64_t mapping_id = 0;  // on which kind and module depend
    FunctionId id{};
  };

  FunctionId function(const RawFunction& raw, std::string_view mapping);
  StringId string(std::uint64_t index);
  StringId module(std::uint64_t file_index, std::string_view mapping);
  StringId module(std::string_view text);

  const RawTables& tables_;
  const bool interns_;
  profile::Symbols& symbols_;
  // Ids plus one by the index of a string; 0 is "not yet".
  std::vector<std::uint32_t> strings_;
  std::vector<std::uint32_t> modules_of_files_;  // of files that no mapping has a say in
  std::vector<KnownFunction> functions_;
  boost::unordered_flat_map<std::string_view, StringId> modules_;  // keys look at the message
  // Nodes seen of late, by a hash of theirs: finds most that are there already at a fraction of
  // what finding all costs.
  std::array<StackId, 4096> recent_{};
};

Result<> SymbolsBuilder::check_functions() const {
  for (const RawFunction& raw : tables_.functions) {
    for (const std::uint64_t index : {raw.name, raw.system_name, raw.filename}) {
      if (auto text = tables_.string(index); !text)
        return std::move(text.error()).with_context(fmt::format("function {}", raw.id));
    }
  }
  return {};
}

StringId SymbolsBuilder::string(std::uint64_t index) {
  std::uint32_t& known = strings_[index];
  if (known == 0) {
    const std::string_view text = tables_.text(index);
    const StringId id = text.empty() ? StringId::kEmpty
                        : interns_   ? symbols_.intern_string(text)
                                     : symbols_.append_string(text);
    known = static_cast<std::uint32_t>(id) + 1;
  }
  return profile::id_at<StringId>(known - 1);
}

StringId SymbolsBuilder::module(std::string_view text) {
  if (text.empty()) return StringId::kEmpty;
  const auto [entry, added] = modules_.try_emplace(text);
  if (added) entry->second = interns_ ? symbols_.intern_string(text) : symbols_.append_string(text);
  return entry->second;
}

StringId SymbolsBuilder::module(std::uint64_t file_index, std::string_view mapping) {
  const std::string_view file = tables_.text(file_index);
  if (!mapping.empty()) return module(profile::module_of(file, mapping));
  std::uint32_t& known = modules_of_files_[file_index];
  if (known == 0) known = static_cast<std::uint32_t>(module(profile::module_of(file, ""))) + 1;
  return profile::id_at<StringId>(known - 1);
}

FunctionId SymbolsBuilder::function(const RawFunction& raw, std::string_view mapping) {
  const std::uint64_t name = raw.name != 0 ? raw.name : raw.system_name;
  const Function function{
      .name = string(name),
      .file = string(raw.filename),
      .module = module(raw.filename, mapping),
      .first_line = line_number(raw.start_line),
      .kind = profile::kind_of(tables_.text(name), tables_.text(raw.filename), mapping)};
  return interns_ ? symbols_.intern_function(function) : symbols_.append_function(function);
}

Result<std::string_view> SymbolsBuilder::mapping_name(const RawLocation& location) const {
  if (location.mapping_id == 0) return std::string_view();
  const auto index = tables_.mapping_index.find(location.mapping_id);
  if (!index) return Error::invalid("mapping id {} is not defined", location.mapping_id);
  return tables_.string(tables_.mappings[*index].filename);
}

Result<FrameId> SymbolsBuilder::frame_of_line(const RawLine& line, const RawLocation& location) {
  const auto index = tables_.function_index.find(line.function_id);
  if (!index) return Error::invalid("function id {} is not defined", line.function_id);
  KnownFunction& known = functions_[*index];
  if (!known.is_known || known.mapping_id != location.mapping_id) {
    PHLOX_TRY(const std::string_view mapping, mapping_name(location));
    known = {.is_known = true,
             .mapping_id = location.mapping_id,
             .id = function(tables_.functions[*index], mapping)};
  }
  const profile::Frame frame{.function = known.id, .line = line_number(line.line)};
  return interns_ ? symbols_.intern_frame(frame) : symbols_.append_frame(frame);
}

FrameId SymbolsBuilder::frame_of_address(const RawLocation& location) {
  const std::string_view mapping = mapping_name(location).value_or(std::string_view());
  const FunctionId function = symbols_.intern_function(
      {.name = symbols_.intern_string(fmt::format("{:#x}", location.address)),
       .module = module(profile::module_of("", mapping)),
       .kind = mapping.starts_with("[kernel") ? profile::FunctionKind::kKernel
                                              : profile::FunctionKind::kNative});
  return symbols_.intern_frame({.function = function});
}

StackId SymbolsBuilder::child(StackId parent, FrameId frame) {
  if (interns_) return symbols_.intern_child(parent, frame);
  const std::uint64_t both =
      std::uint64_t{static_cast<std::uint32_t>(parent)} << 32 | static_cast<std::uint32_t>(frame);
  constexpr std::uint64_t kSpread = 0x9E3779B97F4A7C15;  // 2^64 / golden ratio
  StackId& recent = recent_[both * kSpread >> 52];
  const profile::StackNode node{parent, frame};
  if (recent == StackId::kEmpty || symbols_.stack(recent) != node)
    recent = symbols_.append_stack(node);
  return recent;
}

class PprofDecoder {
 public:
  PprofDecoder(const PprofLimits& limits, PprofSymbols how, const RawTables& tables)
      : limits_(limits), tables_(tables), builder_(tables, how, profile_.symbols) {}

  Result<Profile> decode() {
    PHLOX_TRY(read_header());
    PHLOX_TRY(builder_.check_functions());
    PHLOX_TRY(read_locations());
    // The place is put into words only for an error: that costs more than reading a sample.
    for (std::size_t i = 0; i < tables_.samples.size(); ++i) {
      if (Result<> read = read_sample(tables_.samples[i]); !read)
        return std::move(read.error()).with_context(fmt::format("sample {}", i));
    }
    return std::move(profile_);
  }

 private:
  Result<> read_header();
  Result<> read_locations();
  Result<> read_location(const RawLocation& raw);

  // Pass 2.
  Result<> read_sample(data_view bytes);
  bool append_frames(std::uint64_t location_id);  // false if it is not defined
  StackId stack();
  Result<> read_label(pbf_message<LabelField> message);
  Result<> append_value(std::int64_t value);
  Result<std::uint32_t> label_set();

  const PprofLimits& limits_;
  const RawTables& tables_;
  Profile profile_;
  SymbolsBuilder builder_;

  std::vector<FrameId> frames_;  // frames of all locations, leaf first
  std::vector<std::uint32_t>
      frames_begin_;            // location index -> first of its frames; one more at the end
  std::vector<FrameId> stack_;  // of the sample being read; kept to reuse its memory
  std::vector<std::pair<FrameId, StackId>> path_;  // of the sample before, root first
  std::vector<std::int64_t> values_;
  std::vector<Labels::Pair> labels_;
  std::map<std::vector<Labels::Pair>, std::uint32_t> label_sets_;
};

Result<> PprofDecoder::read_header() {
  if (tables_.sample_types.empty()) return Error::invalid("no sample type");
  if (tables_.sample_types.size() > limits_.max_sample_types)
    return Error::limit("{} sample types, at most {}", tables_.sample_types.size(),
                        limits_.max_sample_types);
  for (const RawValueType& raw : tables_.sample_types) {
    PHLOX_TRY(const auto type, tables_.string(raw.type).context("sample type"));
    PHLOX_TRY(const auto unit, tables_.string(raw.unit).context("sample type"));
    if (type.empty()) return Error::invalid("a sample type has no name");
    profile_.sample_types.push_back({std::string(type), std::string(unit)});
  }
  PHLOX_TRY(const auto type, tables_.string(tables_.period_type.type).context("period type"));
  PHLOX_TRY(const auto unit, tables_.string(tables_.period_type.unit).context("period type"));
  profile_.period_type = {std::string(type), std::string(unit)};
  profile_.period = tables_.period;
  profile_.start = from_unix_ns(tables_.time_ns);
  profile_.duration = Nanoseconds(tables_.duration_ns);
  if (profile_.duration < Nanoseconds::zero())
    return Error::invalid("duration of {} ns is negative", profile_.duration.count());
  return {};
}

Result<> PprofDecoder::read_location(const RawLocation& raw) {
  PHLOX_TRY(builder_.mapping_name(raw));
  for (std::uint32_t i = 0; i < raw.line_count; ++i) {
    PHLOX_TRY(const FrameId frame, builder_.frame_of_line(tables_.lines[raw.first_line + i], raw));
    frames_.push_back(frame);
  }
  if (raw.line_count == 0) frames_.push_back(builder_.frame_of_address(raw));
  return {};
}

Result<> PprofDecoder::read_locations() {
  frames_begin_.reserve(tables_.locations.size() + 1);
  frames_.reserve(tables_.locations.size());
  for (const RawLocation& raw : tables_.locations) {
    frames_begin_.push_back(static_cast<std::uint32_t>(frames_.size()));
    if (Result<> read = read_location(raw); !read)
      return std::move(read.error()).with_context(fmt::format("location {}", raw.id));
  }
  frames_begin_.push_back(static_cast<std::uint32_t>(frames_.size()));
  return {};
}

bool PprofDecoder::append_frames(std::uint64_t location_id) {
  const auto index = tables_.location_index.find(location_id);
  if (!index) return false;
  const std::uint32_t begin = frames_begin_[*index];
  const std::uint32_t end = frames_begin_[*index + 1];
  for (std::uint32_t i = begin; i < end; ++i) stack_.push_back(frames_[i]);
  return true;
}

// Samples that follow each other often share their callers: those are not looked up again.
StackId PprofDecoder::stack() {
  if (stack_.size() > profile::kMaxStackFrames) return profile_.symbols.intern_stack(stack_);
  const std::size_t most = std::min(path_.size(), stack_.size());
  std::size_t shared = 0;
  while (shared < most && path_[shared].first == stack_[stack_.size() - 1 - shared]) ++shared;
  path_.resize(shared);
  StackId at = path_.empty() ? StackId::kEmpty : path_.back().second;
  for (std::size_t i = stack_.size() - shared; i-- > 0;) {
    at = builder_.child(at, stack_[i]);
    path_.emplace_back(stack_[i], at);
  }
  return at;
}

Result<> PprofDecoder::append_value(std::int64_t value) {
  if (value < 0) return Error::invalid("value {} is negative", value);
  if (value > profile::kMaxPushedValue) return Error::invalid("value {} is over 2^53", value);
  values_.push_back(value);
  return {};
}

Result<> PprofDecoder::read_label(pbf_message<LabelField> message) {
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
  PHLOX_TRY(const auto name, tables_.string(key).context("label"));
  PHLOX_TRY(const auto value, tables_.string(text).context("label"));
  if (text != 0) labels_.emplace_back(name, value);
  return {};
}

Result<std::uint32_t> PprofDecoder::label_set() {
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

Result<> PprofDecoder::read_sample(data_view bytes) {
  stack_.clear();
  values_.clear();
  labels_.clear();
  pbf_message<SampleField> message(bytes);
  while (message.next()) {
    const bool packed = message.wire_type() == pbf_wire_type::length_delimited;
    switch (message.tag()) {
      case SampleField::kLocationId:
        if (packed) {
          for (const auto id : message.get_packed_uint64())
            if (!append_frames(id)) return Error::invalid("location id {} is not defined", id);
        } else if (const auto id = unsigned_of(message); !append_frames(id)) {
          return Error::invalid("location id {} is not defined", id);
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
  profile_.add_sample(stack(), values_, labels);
  return {};
}

}  // namespace

Result<Profile> decode_pprof(std::string_view bytes, const PprofLimits& limits,
                             PprofSymbols symbols) {
  std::string unpacked;
  if (is_gzip(bytes)) {
    PHLOX_TRY(unpacked, gunzip(bytes, limits.max_unpacked_bytes).context("pprof"));
    bytes = unpacked;
  }
  if (bytes.empty()) return Error::corrupt("pprof: empty");
  if (bytes.size() > limits.max_unpacked_bytes)
    return Error::limit("pprof: {} bytes, at most {}", bytes.size(), limits.max_unpacked_bytes);
  try {
    PHLOX_TRY(const RawTables tables, read_tables(bytes, limits).context("pprof"));
    return PprofDecoder(limits, symbols, tables).decode().context("pprof");
  } catch (const protozero::exception& e) {
    return Error::corrupt("pprof: not a protobuf message, or cut off ({})", e.what());
  }
}

}  // namespace phlox::format
