// Field numbers of google/pprof, proto/profile.proto.
#pragma once

#include <cstdint>

namespace phlox::format::pprof {

enum class ProfileField : std::uint32_t {
  kSampleType = 1,
  kSample = 2,
  kMapping = 3,
  kLocation = 4,
  kFunction = 5,
  kString = 6,
  kTimeNanos = 9,
  kDurationNanos = 10,
  kPeriodType = 11,
  kPeriod = 12,
};
enum class ValueTypeField : std::uint32_t { kType = 1, kUnit = 2 };
enum class SampleField : std::uint32_t { kLocationId = 1, kValue = 2, kLabel = 3 };
enum class LabelField : std::uint32_t { kKey = 1, kString = 2 };
enum class MappingField : std::uint32_t { kId = 1, kFilename = 5 };
enum class LocationField : std::uint32_t { kId = 1, kMappingId = 2, kAddress = 3, kLine = 4 };
enum class LineField : std::uint32_t { kFunctionId = 1, kLine = 2 };
enum class FunctionField : std::uint32_t {
  kId = 1,
  kName = 2,
  kSystemName = 3,
  kFilename = 4,
  kStartLine = 5
};

}  // namespace phlox::format::pprof
