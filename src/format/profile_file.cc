#include "format/profile_file.h"

#include "base/gzip.h"
#include "format/austin.h"
#include "format/firefox_profile.h"
#include "format/folded.h"
#include "format/perf_script.h"
#include "format/pprof.h"
#include "format/python_collapsed.h"
#include "format/speedscope.h"
#include "profile/sum.h"

namespace phlox::format {
namespace {

// Of text that carries no time. One window of the agent's is what it counts for unless told.
constexpr Nanoseconds kTextDuration = std::chrono::seconds(10);

bool says_its_type(FileFormat format) {
  return format == FileFormat::kPprof || format == FileFormat::kAustin ||
         format == FileFormat::kPerfScript;
}

Result<> multiply(std::vector<std::int64_t>& values, std::int64_t period) {
  for (std::int64_t& value : values) {
    if (__builtin_mul_overflow(value, period, &value) || value > profile::kMaxPushedValue)
      return Error::limit("a value times {} ns is over 2^53", period);
  }
  return {};
}

Result<profile::Profile> decode_with_type(FileFormat format, std::string_view text,
                                          const FileReading& reading) {
  const profile::ValueType& type = reading.type.sample;
  const bool is_samples = reading.is_samples && type.unit == "nanoseconds";
  const double sample_value = is_samples ? 1e9 / reading.rate_hz : 1.0;
  profile::Profile profile;
  if (format == FileFormat::kFirefox) {
    PHLOX_TRY(profile, decode_firefox_profile(text, type));
    profile.period_type = reading.type.period;
    return profile;
  }
  if (format == FileFormat::kSpeedscope) {
    PHLOX_TRY(profile, decode_speedscope(text, type, sample_value));
  } else {
    PHLOX_TRY(profile, format == FileFormat::kPythonCollapsed ? decode_python_collapsed(text, type)
                                                              : decode_folded(text, type));
    PHLOX_TRY(multiply(profile.values, static_cast<std::int64_t>(sample_value)));
  }
  if (is_samples) profile.period = static_cast<std::int64_t>(sample_value);
  profile.period_type = reading.type.period;
  return profile;
}

Result<profile::Profile> decode(FileFormat format, std::string_view bytes,
                                const FileReading& reading) {
  if (format == FileFormat::kPprof) return decode_pprof(bytes);
  profile::Profile profile;
  if (format == FileFormat::kAustin) {
    PHLOX_TRY(profile, decode_austin(bytes));
  } else if (format == FileFormat::kPerfScript) {
    PHLOX_TRY(profile, decode_perf_script(bytes));
  } else {
    PHLOX_TRY(profile, decode_with_type(format, bytes, reading));
  }
  if (profile.duration == Nanoseconds::zero()) profile.duration = kTextDuration;
  if (profile.start == WallTime()) profile.start = reading.now - profile.duration;
  return profile;
}

// What the first part of the profile type is on the wire, by what pprofs of that kind contain.
std::string name_for(const profile::Profile& profile, FileFormat format) {
  std::string name = format == FileFormat::kPerfScript ? "perf" : "process_cpu";
  for (const auto& type : profile.sample_types) {
    if (type.type == "cpu") return "process_cpu";
    if (type.type == "wall") name = "wall";
    if (type.type.starts_with("alloc_") || type.type.starts_with("inuse_")) name = "memory";
  }
  return name;
}

Result<> set_time(profile::Profile& profile, const FileReading& reading) {
  if (!reading.from && !reading.until) return {};
  const WallTime until = reading.until.value_or(reading.now);
  const WallTime from = reading.from.value_or(until - profile.duration);
  if (from >= until) return Error::invalid("from is not before until");
  profile.start = from;
  profile.duration = until - from;
  return {};
}

}  // namespace

Result<ProfileFile> read_profile_file(std::string_view bytes, const FileReading& reading) {
  if (bytes.empty()) return Error::invalid("the file is empty");
  if (bytes.size() > kMaxFileBytes) return Error::limit("larger than {} bytes", kMaxFileBytes);
  std::string unpacked;
  if (is_gzip(bytes)) {
    PHLOX_TRY(unpacked, gunzip(bytes, kMaxFileBytes));
    bytes = unpacked;
  }
  ProfileFile file;
  PHLOX_TRY(file.format, recognize(bytes));
  PHLOX_TRY(file.profile, decode(file.format, bytes, reading));
  PHLOX_TRY(set_time(file.profile, reading));
  file.name = says_its_type(file.format) ? name_for(file.profile, file.format) : reading.type.name;
  return file;
}

}  // namespace phlox::format
