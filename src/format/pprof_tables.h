// The tables of a pprof as they lie in the message, checked for their form only: pass 1 of
// decoding. Views look at the message.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "format/pprof.h"
#include "format/pprof_fields.h"
#include "format/pprof_wire.h"

namespace phlox::format::pprof {

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
  std::uint32_t first_line = 0;  // in RawTables::lines
  std::uint32_t line_count = 0;
};
struct RawValueType {
  std::uint64_t type = 0;
  std::uint64_t unit = 0;
};

struct RawTables {
  std::vector<protozero::data_view> strings;
  std::vector<protozero::data_view> samples;  // only located: their tables may follow them
  std::vector<RawValueType> sample_types;
  RawValueType period_type;
  std::int64_t period = 0;
  std::int64_t time_ns = 0;
  std::int64_t duration_ns = 0;
  std::vector<RawMapping> mappings;
  IdIndex mapping_index;
  std::vector<RawFunction> functions;
  IdIndex function_index;
  std::vector<RawLocation> locations;
  IdIndex location_index;
  std::vector<RawLine> lines;

  std::size_t sample_bytes() const {
    std::size_t sum = 0;
    for (const auto& sample : samples) sum += sample.size();
    return sum;
  }
  Result<std::string_view> string(std::uint64_t index) const {
    if (index >= strings.size())
      return Error::invalid("string {} of a table of {}", index, strings.size());
    return text(index);
  }
  // Of an index that has been checked.
  std::string_view text(std::uint64_t index) const {
    const protozero::data_view& string = strings.data()[index];
    return {string.data(), string.size()};
  }
};

// Throws protozero's exceptions for what is no protobuf message.
Result<RawTables> read_tables(const PaddedMessage& message, const PprofLimits& limits);

}  // namespace phlox::format::pprof
