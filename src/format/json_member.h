// Members of JSON objects that may be missing or of another kind. nlohmann's own json::value throws
// where a member has another type; these do not.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace phlox::format {

// null when there is none, or no object.
inline const nlohmann::json& member(const nlohmann::json& object, const char* name) {
  static const nlohmann::json kNothing;
  if (!object.is_object()) return kNothing;
  const auto found = object.find(name);
  return found == object.end() ? kNothing : *found;
}

// "" for what is no text.
inline std::string text_of(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

}  // namespace phlox::format
