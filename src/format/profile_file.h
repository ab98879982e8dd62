// A profile out of a file of any format that is read, told apart by content.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "format/file_format.h"
#include "profile/profile.h"

namespace phlox::format {

// Of a file as it is, and of what it unpacks to.
inline constexpr std::size_t kMaxFileBytes = 64u << 20;

// What a file may not say by itself.
struct FileReading {
  profile::ProfileType type;  // of formats that do not say what they measure
  bool is_samples = true;     // values without a unit count samples, not the type's unit
  double rate_hz = 100;       // of these
  std::optional<WallTime> from;
  std::optional<WallTime> until;
  WallTime now{};
};

struct ProfileFile {
  FileFormat format{};
  profile::Profile profile;  // with start and duration
  std::string name;          // the first part of its profile types
};

// gzip around any format is taken off. Where neither file nor reader says so, the profile ended
// now, and text lasted 10 s. kInvalid, kCorrupt and kLimit with the place in the file.
Result<ProfileFile> read_profile_file(std::string_view bytes, const FileReading& reading);

}  // namespace phlox::format
