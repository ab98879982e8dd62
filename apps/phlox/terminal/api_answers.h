// What the server's JSON API answers (docs/api.md), decoded into our types: only what is shown in
// the terminal. Errors are kCorrupt and name the field.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace phlox::terminal {

struct Range {
  std::int64_t from_ms = 0;
  std::int64_t until_ms = 0;
};

// An amount and for how much time there is data: cores are one divided by the other.
struct Side {
  Range range;
  std::int64_t total = 0;
  std::int64_t covered_ns = 0;
  std::int64_t profiles = 0;
};

struct Function {
  std::string name;
  std::string file;
  std::int64_t line = 0;  // 0 if unknown
};

struct ServicesAnswer {
  struct Service {
    std::string name;
    std::int64_t total = 0;
    std::int64_t covered_ns = 0;
    std::int64_t profiles = 0;
  };
  Range range;
  std::vector<Service> services;
};

struct TimelineAnswer {
  struct Series {
    std::vector<std::string> label_values;  // of the label that was grouped by; else none
    std::vector<std::int64_t> values;       // one a step
    std::vector<std::int64_t> covered_ns;   // 0: a gap
  };
  Range range;
  std::int64_t step_ms = 0;
  std::int64_t first_ms = 0;  // of the first step, which may begin before the range
  std::string unit;
  std::vector<Series> series;
  std::int64_t series_left_out = 0;
};

struct ProfileAnswer {
  struct Row {
    Function function;
    std::int64_t self = 0;
    std::int64_t total = 0;
  };
  std::string unit;
  Side side;
  std::vector<Row> table;  // largest total first
  std::int64_t table_left_out = 0;
};

struct DiffAnswer {
  struct Row {
    Function function;
    std::array<std::int64_t, 2> total{};  // baseline, comparison
  };
  std::string unit;
  std::array<Side, 2> sides;
  std::vector<Row> table;  // largest change first
  std::int64_t table_left_out = 0;
  std::string sentence;
};

Result<ServicesAnswer> decode_services(std::string_view json);
Result<TimelineAnswer> decode_timeline(std::string_view json);
Result<ProfileAnswer> decode_profile(std::string_view json);
Result<DiffAnswer> decode_diff(std::string_view json);

// The message of {"code": .., "message": ..}, or the text itself where it is something else.
std::string decode_error(std::string_view body);

}  // namespace phlox::terminal
