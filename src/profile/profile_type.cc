#include "profile/profile_type.h"

#include <array>

namespace phlox::profile {

Result<ProfileType> ProfileType::parse(std::string_view id) {
  std::array<std::string_view, 5> parts;
  std::string_view rest = id;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto colon = rest.find(':');
    const bool last = i + 1 == parts.size();
    if (last != (colon == std::string_view::npos))
      return Error::invalid(
          "profile type '{}': expected name:sample_type:sample_unit:period_type:period_unit", id);
    parts[i] = rest.substr(0, colon);
    rest.remove_prefix(last ? rest.size() : colon + 1);
  }
  if (parts[0].empty() || parts[1].empty() || parts[2].empty())
    return Error::invalid("profile type '{}': name, sample type and unit must not be empty", id);
  return ProfileType{std::string(parts[0]),
                     {std::string(parts[1]), std::string(parts[2])},
                     {std::string(parts[3]), std::string(parts[4])}};
}

std::string ProfileType::to_string() const {
  return fmt::format("{}:{}:{}:{}:{}", name, sample.type, sample.unit, period.type, period.unit);
}

bool ProfileType::is_gauge() const {
  return sample.type.starts_with("inuse_") || sample.type == "goroutine" ||
         sample.type == "goroutines";
}

bool is_gauge(std::string_view id) {
  const auto type = ProfileType::parse(id);
  return type && type->is_gauge();
}

}  // namespace phlox::profile
