#include <algorithm>
#include <array>
#include <map>

#include "base/gzip.h"
#include "base/varint.h"
#include "format/pprof.h"
#include "format/pprof_frames.h"
#include "format/pprof_hashes.h"
#include "format/pprof_tables.h"
#include "profile/sum.h"

namespace phlox::format {
namespace {

using namespace pprof;
using profile::FrameId;
using profile::FunctionId;
using profile::HashedProfile;
using profile::Labels;
using profile::Profile;
using profile::Samples;
using profile::StackId;
using protozero::data_view;

// Interns what samples refer to into symbols.
class SymbolsBuilder {
 public:
  explicit SymbolsBuilder(const RawTables& tables) : tables_(tables), functions_(tables) {}

  Result<FrameId> frame_of_line(const RawLine& line, const RawLocation& location) {
    PHLOX_TRY(const FunctionId function,
              functions_.of(line, location, [this](const FunctionText& text, std::uint32_t) {
                return intern(text, symbols_);
              }));
    return symbols_.intern_frame({.function = function, .line = line_number(line.line)});
  }
  FrameId frame_of_address(const RawLocation& location) {
    const std::string address = fmt::format("{:#x}", location.address);
    const auto mapping = mapping_name(tables_, location).value_or(std::string_view());
    return symbols_.intern_frame({.function = intern(function_at(address, mapping), symbols_)});
  }
  StackId stack(std::span<const FrameId> leaf_first) {
    if (leaf_first.size() > profile::kMaxStackFrames) return symbols_.intern_stack(leaf_first);
    const auto [shared, rest] = path_.share(leaf_first);
    return path_.reach(shared, rest, [this](StackId parent, FrameId frame) {
      return symbols_.intern_child(parent, frame);
    });
  }
  profile::Symbols take() { return std::move(symbols_); }

 private:
  const RawTables& tables_;
  profile::Symbols symbols_;
  KnownFunctions functions_;
  SharedPath<StackId> path_;
};

// For a location id that is of no location, or of one that has more than one frame.
constexpr std::uint32_t kNoFrame = UINT32_MAX;

Result<> check_functions(const RawTables& tables) {
  for (const RawFunction& raw : tables.functions) {
    const std::uint64_t last = std::max({raw.name, raw.system_name, raw.filename});
    if (auto text = tables.string(last); !text) [[unlikely]]
      return std::move(text.error()).with_context(fmt::format("function {}", raw.id));
  }
  return {};
}

// Reads samples; what they refer to is the builder's matter.
template <class Builder>
class PprofDecoder {
 public:
  PprofDecoder(const PprofLimits& limits, const RawTables& tables, Builder& builder)
      : limits_(limits), tables_(tables), builder_(builder) {}

  Result<Samples> decode() {
    PHLOX_TRY(read_header());
    PHLOX_TRY(check_functions(tables_));
    PHLOX_TRY(read_locations());
    // The place is put into words only for an error: that costs more than reading a sample.
    for (std::size_t i = 0; i < tables_.samples.size(); ++i) {
      if (Result<> read = read_sample(tables_.samples[i]); !read)
        return std::move(read.error()).with_context(fmt::format("sample {}", i));
    }
    return std::move(samples_);
  }

 private:
  Result<> read_header();
  Result<> read_locations();
  Result<> read_location(const RawLocation& raw);

  // Pass 2.
  Result<> read_sample(data_view bytes);
  FrameId* room_for(std::size_t frames) {
    if (stack_.size() < depth_ + frames) stack_.resize(2 * (depth_ + frames));
    return stack_.data() + depth_;
  }
  bool append_frames(std::uint64_t location_id);  // false if it is not defined
  Result<> append_all_frames(data_view location_ids);
  Result<> read_label(Fields<LabelField> message);
  Result<> append_value(std::int64_t value);
  Result<std::uint32_t> label_set();

  const PprofLimits& limits_;
  const RawTables& tables_;
  Builder& builder_;
  Samples samples_;

  std::vector<FrameId> frames_;  // frames of all locations, leaf first
  // Location index -> first of its frames; one more at the end.
  std::vector<std::uint32_t> frames_begin_;
  static constexpr std::uint64_t kMaxUsualId = 1u << 20;
  static constexpr std::size_t kTwoByteIds = 1u << 14;
  std::vector<std::uint32_t> only_frame_of_;  // by location id; of all of two bytes, and more
  std::vector<FrameId> stack_;  // of the sample being read, and room; kept to reuse its memory
  std::size_t depth_ = 0;       // how much of it is the stack
  std::vector<std::int64_t> values_;
  std::vector<Labels::Pair> labels_;
  std::map<std::vector<Labels::Pair>, std::uint32_t> label_sets_;
};

template <class Builder>
Result<> PprofDecoder<Builder>::read_header() {
  if (tables_.sample_types.empty()) return Error::invalid("no sample type");
  if (tables_.sample_types.size() > limits_.max_sample_types)
    return Error::limit("{} sample types, at most {}", tables_.sample_types.size(),
                        limits_.max_sample_types);
  for (const RawValueType& raw : tables_.sample_types) {
    PHLOX_TRY(const auto type, tables_.string(raw.type).context("sample type"));
    PHLOX_TRY(const auto unit, tables_.string(raw.unit).context("sample type"));
    if (type.empty()) return Error::invalid("a sample type has no name");
    samples_.sample_types.push_back({std::string(type), std::string(unit)});
  }
  PHLOX_TRY(const auto type, tables_.string(tables_.period_type.type).context("period type"));
  PHLOX_TRY(const auto unit, tables_.string(tables_.period_type.unit).context("period type"));
  samples_.period_type = {std::string(type), std::string(unit)};
  samples_.period = tables_.period;
  samples_.start = from_unix_ns(tables_.time_ns);
  samples_.duration = Nanoseconds(tables_.duration_ns);
  if (samples_.duration < Nanoseconds::zero())
    return Error::invalid("duration of {} ns is negative", samples_.duration.count());
  return {};
}

template <class Builder>
Result<> PprofDecoder<Builder>::read_location(const RawLocation& raw) {
  if (raw.mapping_id != 0) PHLOX_TRY(mapping_name(tables_, raw));
  for (std::uint32_t i = 0; i < raw.line_count; ++i) {
    PHLOX_TRY(const FrameId frame,
              builder_.frame_of_line(tables_.lines.data()[raw.first_line + i], raw));
    frames_.push_back(frame);
  }
  if (raw.line_count == 0) frames_.push_back(builder_.frame_of_address(raw));
  return {};
}

template <class Builder>
Result<> PprofDecoder<Builder>::read_locations() {
  frames_begin_.resize(tables_.locations.size() + 1);
  frames_.reserve(tables_.locations.size());
  only_frame_of_.resize(kTwoByteIds, kNoFrame);
  std::uint32_t* begin = frames_begin_.data();
  for (const RawLocation& raw : tables_.locations) {
    *begin++ = static_cast<std::uint32_t>(frames_.size());
    if (Result<> read = read_location(raw); !read) [[unlikely]]
      return std::move(read.error()).with_context(fmt::format("location {}", raw.id));
    if (raw.line_count > 1 || raw.id >= kMaxUsualId) continue;
    if (raw.id >= only_frame_of_.size()) [[unlikely]]
      only_frame_of_.resize(std::max<std::size_t>(raw.id + 1, 2 * only_frame_of_.size()), kNoFrame);
    only_frame_of_.data()[raw.id] = static_cast<std::uint32_t>(frames_.back());
  }
  frames_begin_.back() = static_cast<std::uint32_t>(frames_.size());
  return {};
}

template <class Builder>
bool PprofDecoder<Builder>::append_frames(std::uint64_t location_id) {
  const auto index = tables_.location_index.find(location_id);
  if (!index) return false;
  const std::uint32_t begin = frames_begin_[*index];
  const std::uint32_t end = frames_begin_[*index + 1];
  FrameId* const out = room_for(end - begin);
  std::copy(frames_.begin() + begin, frames_.begin() + end, out);
  depth_ += end - begin;
  return true;
}

// Takes the next four location ids at once if all have one byte or all have two, as most have, and
// one frame each.
[[gnu::always_inline]] inline bool take_four(const char*& at, const char* end,
                                             const std::uint32_t* only, FrameId*& out) {
  if (end - at < static_cast<std::ptrdiff_t>(sizeof(std::uint64_t))) return false;
  const std::uint64_t word = read_little_word(std::string_view(at, end));
  std::array<std::uint32_t, 4> frames;
  std::ptrdiff_t size = 0;
  if ((word & 0x80808080) == 0) {
    frames = {only[word & 0xff], only[word >> 8 & 0xff], only[word >> 16 & 0xff],
              only[word >> 24 & 0xff]};
    size = 4;
  } else if ((word & 0x8080808080808080) == 0x0080008000800080) {
    const std::uint64_t ids = (word & 0x007f007f007f007f) | (word >> 1 & 0x3f803f803f803f80);
    frames = {only[ids & 0xffff], only[ids >> 16 & 0xffff], only[ids >> 32 & 0xffff],
              only[ids >> 48]};
    size = 8;
  } else {
    return false;
  }
  if (std::max({frames[0], frames[1], frames[2], frames[3]}) == kNoFrame) return false;
  for (const std::uint32_t frame : frames) *out++ = profile::id_at<FrameId>(frame);
  at += size;
  return true;
}

// Most of what a sample is. Most locations have one frame: these take a look-up, and no call.
template <class Builder>
Result<> PprofDecoder<Builder>::append_all_frames(data_view location_ids) {
  const char* at = location_ids.data();
  const char* const end = at + location_ids.size();
  const std::uint32_t* const only = only_frame_of_.data();
  const std::size_t known_ids = only_frame_of_.size();
  while (at < end) {
    FrameId* const begin = room_for(static_cast<std::size_t>(end - at));  // at most one a byte
    FrameId* out = begin;
    std::uint64_t id = 0;
    bool has_one = true;
    while (at < end && has_one) {
      if (take_four(at, end, only, out)) continue;
      id = read_varint(at, end);
      const std::uint32_t frame = id < known_ids ? only[id] : kNoFrame;
      has_one = frame != kNoFrame;
      if (has_one) *out++ = profile::id_at<FrameId>(frame);
    }
    depth_ += static_cast<std::size_t>(out - begin);
    if (!has_one && !append_frames(id)) return Error::invalid("location id {} is not defined", id);
  }
  return {};
}

template <class Builder>
Result<> PprofDecoder<Builder>::append_value(std::int64_t value) {
  if (value < 0) return Error::invalid("value {} is negative", value);
  if (value > profile::kMaxPushedValue) return Error::invalid("value {} is over 2^53", value);
  values_.push_back(value);
  return {};
}

template <class Builder>
Result<> PprofDecoder<Builder>::read_label(Fields<LabelField> message) {
  std::uint64_t key = 0;
  std::uint64_t text = 0;
  while (message.next()) {
    switch (message.tag()) {
      case LabelField::kKey:
        key = message.number();
        break;
      case LabelField::kString:
        text = message.number();
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

template <class Builder>
Result<std::uint32_t> PprofDecoder<Builder>::label_set() {
  if (labels_.empty()) return 0u;
  std::ranges::sort(labels_);
  if (const auto known = label_sets_.find(labels_); known != label_sets_.end())
    return known->second;
  PHLOX_TRY(Labels labels, Labels::from_pairs(labels_));
  const auto index = static_cast<std::uint32_t>(samples_.label_sets.size());
  samples_.label_sets.push_back(std::move(labels));
  label_sets_.emplace(labels_, index);
  return index;
}

template <class Builder>
Result<> PprofDecoder<Builder>::read_sample(data_view bytes) {
  depth_ = 0;
  values_.clear();
  labels_.clear();
  Fields<SampleField> message(bytes);
  while (message.next()) {
    switch (message.tag()) {
      case SampleField::kLocationId:
        if (message.is_packed()) {
          PHLOX_TRY(append_all_frames(message.bytes()));
        } else if (const auto id = message.number(); !append_frames(id)) {
          return Error::invalid("location id {} is not defined", id);
        }
        break;
      case SampleField::kValue:
        if (message.is_packed()) {
          const data_view values = message.bytes();
          for (const char *at = values.data(), *end = at + values.size(); at != end;)
            PHLOX_TRY(append_value(static_cast<std::int64_t>(read_varint(at, end))));
        } else {
          PHLOX_TRY(append_value(message.signed_number()));
        }
        break;
      case SampleField::kLabel:
        PHLOX_TRY(read_label(Fields<LabelField>(message.bytes())));
        break;
      default:
        message.skip();
    }
  }
  if (values_.size() != samples_.sample_types.size())
    return Error::invalid("{} values for {} sample types", values_.size(),
                          samples_.sample_types.size());
  PHLOX_TRY(const std::uint32_t labels, label_set());
  samples_.add_sample(builder_.stack(std::span(stack_).first(depth_)), values_, labels);
  return {};
}

}  // namespace

namespace {

Error too_large(std::size_t size, const PprofLimits& limits) {
  return Error::limit("pprof: {} bytes, at most {}", size, limits.max_unpacked_bytes);
}

// Decodes into a builder made by make(tables); then finish(samples, builder) is the answer.
template <class Answer, class Make, class Finish>
Result<Answer> decode_plain(const PaddedMessage& message, const PprofLimits& limits, Make make,
                            Finish finish) {
  const std::size_t size = message.view().size();
  if (size == 0) return Error::corrupt("pprof: empty");
  if (size > limits.max_unpacked_bytes) return too_large(size, limits);
  try {
    PHLOX_TRY(const RawTables tables, read_tables(message, limits).context("pprof"));
    auto builder = make(tables);
    PHLOX_TRY(Samples samples, PprofDecoder(limits, tables, builder).decode().context("pprof"));
    return finish(std::move(samples), builder);
  } catch (const protozero::exception& e) {
    return Error::corrupt("pprof: not a protobuf message, or cut off ({})", e.what());
  }
}

}  // namespace

Result<Profile> decode_pprof(std::string_view bytes, const PprofLimits& limits) {
  std::string plain;
  if (is_gzip(bytes)) {
    PHLOX_TRY(plain, gunzip(bytes, limits.max_unpacked_bytes).context("pprof"));
  } else if (bytes.size() <= limits.max_unpacked_bytes) {
    plain = bytes;
  } else {
    return too_large(bytes.size(), limits);
  }
  return decode_plain<Profile>(
      PaddedMessage(std::move(plain)), limits,
      [](const RawTables& tables) { return SymbolsBuilder(tables); },
      [](Samples samples, SymbolsBuilder& builder) {
        return Profile{std::move(samples), builder.take()};
      });
}

Result<HashedProfile> decode_hashed_pprof(std::string plain, const PprofLimits& limits) {
  auto stacks = std::make_unique<HashedStacks>(std::move(plain));
  return decode_plain<HashedProfile>(
      stacks->message(), limits,
      [&](const RawTables& tables) { return HashBuilder(tables, *stacks); },
      [&](Samples samples, HashBuilder&) {
        return HashedProfile{std::move(samples), std::move(stacks)};
      });
}

}  // namespace phlox::format
