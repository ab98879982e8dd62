#include "api/otlp_profiles.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "api/pprof_name.h"
#include "base/utf8.h"
#include "profile/function_kind.h"
#include "profile/sum.h"

namespace phlox::api {
namespace {

using otlp::v1::ProfilesDictionary;
using profile::FrameId;
using profile::StackId;

constexpr std::size_t kMaxSamples = 1'000'000;
constexpr std::size_t kMaxFramesOfStack = 4096;
// Attributes with as many values as there are processes or threads.
constexpr std::array<std::string_view, 3> kIds = {"process.pid", "thread.id", "process.parent_pid"};

Error other_layout(std::string_view why) {
  return Error::invalid(
      "{}; only the layout with a dictionary and a table of stacks of opentelemetry-proto 1.45 is "
      "taken: update the sender",
      why);
}

bool has_other_fields(const google::protobuf::Message& message) {
  return !message.GetReflection()->GetUnknownFields(message).empty();
}

Result<> check_layout(const otlp::v1::ExportProfilesServiceRequest& request) {
  const ProfilesDictionary& dictionary = request.dictionary();
  bool any_samples = false;
  for (const auto& resource : request.resource_profiles()) {
    for (const auto& scope : resource.scope_profiles()) {
      for (const auto& profile : scope.profiles()) {
        if (has_other_fields(profile))
          return other_layout("a profile has fields of another layout");
        any_samples = any_samples || profile.samples_size() > 0;
        for (const auto& sample : profile.samples())
          if (has_other_fields(sample))
            return other_layout("a sample has fields of another layout");
      }
    }
  }
  if (has_other_fields(dictionary))
    return other_layout("the dictionary has fields of another layout");
  if (!any_samples) return {};
  if (dictionary.string_table().empty() || !dictionary.string_table(0).empty())
    return other_layout("there is no dictionary whose string 0 is empty");
  if (dictionary.stack_table().empty() || dictionary.stack_table(0).location_indices_size() > 0)
    return other_layout("there is no table of stacks whose stack 0 is empty");
  for (const auto& stack : dictionary.stack_table())
    if (has_other_fields(stack)) return other_layout("a stack has fields of another layout");
  return {};
}

// Entry `index` of a table of the dictionary.
template <class Table>
Result<const typename Table::value_type*> entry(const Table& table, std::int32_t index,
                                                std::string_view what) {
  if (index < 0 || index >= table.size())
    return Error::invalid("{} {} of a table of {}", what, index, table.size());
  return &table[index];
}

Result<std::string_view> string_at(const ProfilesDictionary& dictionary, std::int32_t index) {
  PHLOX_TRY(const std::string* text, entry(dictionary.string_table(), index, "string"));
  if (!is_utf8(*text)) return Error::invalid("string {} is not UTF-8", index);
  return std::string_view(*text);
}

// "" for what is no plain value.
Result<std::string> text_of(const ProfilesDictionary& dictionary, const otlp::v1::AnyValue& value) {
  switch (value.value_case()) {
    case otlp::v1::AnyValue::kStringValue:
      return value.string_value();
    case otlp::v1::AnyValue::kStringValueStrindex: {
      PHLOX_TRY(const auto text, string_at(dictionary, value.string_value_strindex()));
      return std::string(text);
    }
    case otlp::v1::AnyValue::kBoolValue:
      return std::string(value.bool_value() ? "true" : "false");
    case otlp::v1::AnyValue::kIntValue:
      return fmt::format("{}", value.int_value());
    case otlp::v1::AnyValue::kDoubleValue:
      return fmt::format("{}", value.double_value());
    default:
      return std::string();
  }
}

Result<profile::Labels> labels_of(const ProfilesDictionary& dictionary,
                                  const otlp::v1::Resource& resource) {
  std::vector<profile::Labels::Pair> pairs;
  for (const auto& attribute : resource.attributes()) {
    std::string key = attribute.key();
    if (key.empty()) {
      PHLOX_TRY(key, string_at(dictionary, attribute.key_strindex()));
    }
    if (std::ranges::find(kIds, key) != kIds.end()) continue;
    PHLOX_TRY(std::string value, text_of(dictionary, attribute.value()));
    pairs.emplace_back(key == "service.name" ? std::string(profile::kServiceName) : std::move(key),
                       std::move(value));
  }
  return profile::Labels::from_pairs(std::move(pairs));
}

class Reader {
 public:
  Reader(const ProfilesDictionary& dictionary, const otlp::v1::Profile& in)
      : dictionary_(dictionary), in_(in) {}

  Result<profile::Profile> read() {
    PHLOX_TRY(profile::ValueType type, value_type(in_.sample_type()));
    PHLOX_TRY(out_.period_type, value_type(in_.period_type()));
    if (in_.time_unix_nano() > INT64_MAX || in_.duration_nano() > INT64_MAX)
      return Error::invalid("time or duration is over 2^63 ns");
    out_.start = from_unix_ns(static_cast<std::int64_t>(in_.time_unix_nano()));
    out_.duration = Nanoseconds(static_cast<std::int64_t>(in_.duration_nano()));
    out_.period = in_.period();
    if (type == profile::ValueType{"samples", "count"} &&
        out_.period_type == profile::ValueType{"cpu", "nanoseconds"} && in_.period() > 0) {
      type = out_.period_type;
      scale_ = in_.period();
    }
    out_.sample_types = {std::move(type)};
    if (static_cast<std::size_t>(in_.samples_size()) > kMaxSamples)
      return Error::limit("{} samples, at most {}", in_.samples_size(), kMaxSamples);
    for (int i = 0; i < in_.samples_size(); ++i)
      PHLOX_TRY(add_sample(in_.samples(i)).context(fmt::format("sample {}", i)));
    return std::move(out_);
  }

 private:
  Result<profile::ValueType> value_type(const otlp::v1::ValueType& in) const {
    PHLOX_TRY(const auto type, string_at(dictionary_, in.type_strindex()));
    PHLOX_TRY(const auto unit, string_at(dictionary_, in.unit_strindex()));
    return profile::ValueType{std::string(type), std::string(unit)};
  }

  Result<> add_sample(const otlp::v1::Sample& sample) {
    profile::Sum::Wide sum = sample.values().empty() ? sample.timestamps_unix_nano_size() : 0;
    for (const std::int64_t value : sample.values()) {
      if (value < 0) return Error::invalid("value {} is negative", value);
      sum += value;
    }
    sum *= scale_;
    if (sum > profile::kMaxPushedValue) return Error::invalid("the value is over 2^53");
    const auto value = static_cast<std::int64_t>(sum);
    PHLOX_TRY(const StackId stack, stack_at(sample.stack_index()));
    PHLOX_TRY(const std::uint32_t labels, label_set(sample));
    out_.add_sample(stack, {&value, 1}, labels);
    return {};
  }

  Result<StackId> stack_at(std::int32_t index) {
    if (const auto known = stacks_.find(index); known != stacks_.end()) return known->second;
    PHLOX_TRY(const auto* stack, entry(dictionary_.stack_table(), index, "stack"));
    std::vector<FrameId> leaf_first;
    for (const std::int32_t location : stack->location_indices()) {
      PHLOX_TRY(append_frames(location, leaf_first).context(fmt::format("location {}", location)));
      if (leaf_first.size() > kMaxFramesOfStack)
        return Error::limit("stack {} has over {} frames", index, kMaxFramesOfStack);
    }
    const StackId id = out_.symbols.intern_stack(leaf_first);
    stacks_.emplace(index, id);
    return id;
  }

  Result<> append_frames(std::int32_t index, std::vector<FrameId>& leaf_first) {
    PHLOX_TRY(const auto* location, entry(dictionary_.location_table(), index, "location"));
    std::string_view mapping;
    if (location->mapping_index() != 0) {
      PHLOX_TRY(const auto* mapped,
                entry(dictionary_.mapping_table(), location->mapping_index(), "mapping"));
      PHLOX_TRY(mapping, string_at(dictionary_, mapped->filename_strindex()));
    }
    if (location->lines().empty()) {
      const std::string name = fmt::format("{:#x}", location->address());
      leaf_first.push_back(frame(name, "", mapping, 0, 0));
    }
    for (const auto& line : location->lines()) {
      PHLOX_TRY(const auto* function,
                entry(dictionary_.function_table(), line.function_index(), "function"));
      const bool has_name = function->name_strindex() != 0;
      PHLOX_TRY(const auto name,
                string_at(dictionary_,
                          has_name ? function->name_strindex() : function->system_name_strindex()));
      PHLOX_TRY(const auto file, string_at(dictionary_, function->filename_strindex()));
      leaf_first.push_back(frame(name, file, mapping, function->start_line(), line.line()));
    }
    return {};
  }

  FrameId frame(std::string_view name, std::string_view file, std::string_view mapping,
                std::int64_t start_line, std::int64_t line) {
    const auto number = [](std::int64_t n) {
      return n < 0 || n > UINT32_MAX ? 0 : static_cast<std::uint32_t>(n);
    };
    auto& symbols = out_.symbols;
    const auto function =
        symbols.intern_function({.name = symbols.intern_string(name),
                                 .file = symbols.intern_string(file),
                                 .module = symbols.intern_string(profile::module_of(file, mapping)),
                                 .first_line = number(start_line),
                                 .kind = profile::kind_of(name, file, mapping)});
    return symbols.intern_frame({.function = function, .line = number(line)});
  }

  Result<std::uint32_t> label_set(const otlp::v1::Sample& sample) {
    std::vector<profile::Labels::Pair> pairs;
    for (const std::int32_t index : sample.attribute_indices()) {
      PHLOX_TRY(const auto* attribute, entry(dictionary_.attribute_table(), index, "attribute"));
      PHLOX_TRY(const auto key, string_at(dictionary_, attribute->key_strindex()));
      if (std::ranges::find(kIds, key) != kIds.end()) continue;
      PHLOX_TRY(std::string value, text_of(dictionary_, attribute->value()));
      pairs.emplace_back(key, std::move(value));
    }
    PHLOX_TRY(profile::Labels labels, profile::Labels::from_pairs(std::move(pairs)));
    auto& sets = out_.label_sets;
    const auto [known, added] =
        label_sets_.try_emplace(labels.to_string(), static_cast<std::uint32_t>(sets.size()));
    if (added && labels.empty()) known->second = 0;
    if (added && !labels.empty()) sets.push_back(std::move(labels));
    return known->second;
  }

  const ProfilesDictionary& dictionary_;
  const otlp::v1::Profile& in_;
  profile::Profile out_;
  std::int64_t scale_ = 1;
  std::unordered_map<std::int32_t, StackId> stacks_;
  std::unordered_map<std::string, std::uint32_t> label_sets_;
};

std::string hexadecimal(std::string_view bytes) {
  std::string out;
  for (const char byte : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return out;
}

Result<OtlpProfile> read_one(const ProfilesDictionary& dictionary, const otlp::v1::Profile& in,
                             const profile::Labels& labels) {
  OtlpProfile out{.profile = {}, .name = {}, .labels = labels, .id = hexadecimal(in.profile_id())};
  PHLOX_TRY(out.profile, Reader(dictionary, in).read());
  // Time off the CPU is no CPU time, whatever its name holds.
  const std::string& type = out.profile.sample_types[0].type;
  out.name = type.starts_with("off_cpu") ? type : name_of_pprof(out.profile, {});
  return out;
}

}  // namespace

Result<std::vector<OtlpProfile>> read_otlp(const otlp::v1::ExportProfilesServiceRequest& request) {
  PHLOX_TRY(check_layout(request));
  std::vector<OtlpProfile> out;
  for (const auto& resource : request.resource_profiles()) {
    PHLOX_TRY(const profile::Labels labels,
              labels_of(request.dictionary(), resource.resource()).context("resource"));
    for (const auto& scope : resource.scope_profiles()) {
      for (const auto& profile : scope.profiles()) {
        if (profile.samples().empty() && request.dictionary().string_table().empty()) continue;
        PHLOX_TRY(OtlpProfile one, read_one(request.dictionary(), profile, labels)
                                       .context(fmt::format("profile {}", out.size())));
        out.push_back(std::move(one));
      }
    }
  }
  return out;
}

}  // namespace phlox::api
