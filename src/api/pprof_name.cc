#include "api/pprof_name.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace phlox::api {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kUsualDisplayNames = {{
    {"samples", "cpu"},
    {"goroutine", "goroutines"},
    {"contentions", "mutex_count"},
    {"delay", "mutex_duration"},
}};

// Part of a display name to name.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kNames = {{
    {"cpu", "process_cpu"},
    {"alloc_", "memory"},
    {"inuse_", "memory"},
    {"mutex_", "mutex"},
    {"block_", "block"},
    {"goroutines", "goroutines"},
}};

std::string_view display_name(std::string_view type, const DisplayNames& display_names) {
  if (const auto told = display_names.find(type); told != display_names.end()) return told->second;
  const auto usual =
      std::ranges::find(kUsualDisplayNames, type, &decltype(kUsualDisplayNames)::value_type::first);
  return usual == kUsualDisplayNames.end() ? type : usual->second;
}

}  // namespace

Result<DisplayNames> parse_sample_type_config(std::string_view json) {
  const auto config = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!config.is_object()) return Error::invalid("sample_type_config: not an object in JSON");
  DisplayNames names;
  for (const auto& [type, settings] : config.items()) {
    if (!settings.is_object())
      return Error::invalid("sample_type_config: '{}' is not an object", type);
    if (settings.value("cumulative", nlohmann::json()) == true)
      return Error::invalid(
          "sample_type_config: '{}' is cumulative; update the client to one that sends differences",
          type);
    const auto name = settings.find("display-name");
    if (name != settings.end() && name->is_string() && *name != "")
      names.emplace(type, name->get<std::string>());
  }
  return names;
}

std::string name_of_pprof(const profile::Samples& profile, const DisplayNames& display_names) {
  const auto& types = profile.sample_types;
  if (std::ranges::find(types, "wall", &profile::ValueType::type) != types.end()) return "wall";
  for (const profile::ValueType& type : types) {
    const std::string_view shown = display_name(type.type, display_names);
    if (shown == "space" || shown == "objects") return "memory";
    for (const auto& [part, name] : kNames)
      if (shown.find(part) != std::string_view::npos) return std::string(name);
  }
  return std::string(display_name(types.back().type, display_names));
}

}  // namespace phlox::api
