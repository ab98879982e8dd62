#include "terminal/api_answers.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace phlox::terminal {
namespace {

using nlohmann::json;

// Exceptions of the JSON library, and ours between them, end in decode().
[[noreturn]] void fail(const char* field, const char* expected) {
  throw std::runtime_error(fmt::format("'{}' is not {}", field, expected));
}

const json& at(const json& object, const char* field) {
  const auto found = object.find(field);
  if (found == object.end()) fail(field, "there");
  return *found;
}

// Above 2^53 whole numbers come as strings of digits, since most readers of JSON round there.
std::int64_t whole(const json& value, const char* field) {
  if (value.is_number_integer()) {
    if (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX)
      fail(field, "below 2^63");
    return value.get<std::int64_t>();
  }
  if (!value.is_string()) fail(field, "a whole number");
  const auto& digits = value.get_ref<const std::string&>();
  std::int64_t out = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size())
    fail(field, "a whole number");
  return out;
}

std::int64_t whole_at(const json& object, const char* field) {
  return whole(at(object, field), field);
}

std::string text_at(const json& object, const char* field) {
  const json& value = at(object, field);
  if (!value.is_string()) fail(field, "a text");
  return value.get<std::string>();
}

const json& array_at(const json& object, const char* field) {
  const json& value = at(object, field);
  if (!value.is_array()) fail(field, "a list");
  return value;
}

std::vector<std::int64_t> wholes(const json& array, const char* field) {
  if (!array.is_array()) fail(field, "a list");
  std::vector<std::int64_t> out;
  for (const json& value : array) out.push_back(whole(value, field));
  return out;
}

Range range_of(const json& object) {
  const json& range = at(object, "range");
  return {.from_ms = whole_at(range, "from_ms"), .until_ms = whole_at(range, "until_ms")};
}

Side side_at(const json& object, const char* field) {
  const json& side = at(object, field);
  return {.range = range_of(side),
          .total = whole_at(side, "total"),
          .covered_ns = whole_at(side, "covered_ns"),
          .profiles = whole_at(side, "profiles")};
}

// Looks functions up by the index that a table's column gives.
class Functions {
 public:
  explicit Functions(const json& answer)
      : names_(array_at(at(answer, "functions"), "name")),
        files_(array_at(at(answer, "functions"), "file")),
        lines_(array_at(at(answer, "functions"), "line")) {
    if (files_.size() != names_.size() || lines_.size() != names_.size())
      fail("functions", "columns of one length");
  }
  Function get(std::int64_t index) const {
    if (index < 0 || static_cast<std::size_t>(index) >= names_.size())
      fail("function", "an index into functions");
    const auto i = static_cast<std::size_t>(index);
    return {.name = names_[i].get<std::string>(),
            .file = files_[i].get<std::string>(),
            .line = whole(lines_[i], "line")};
  }

 private:
  const json& names_;
  const json& files_;
  const json& lines_;
};

template <class Answer>
Result<Answer> decode(std::string_view text, Answer (*read)(const json&)) {
  try {
    return read(json::parse(text));
  } catch (const std::exception& e) {
    return Error::corrupt("the server's answer is not what this phlox expects: {}", e.what());
  }
}

ServicesAnswer read_services(const json& answer) {
  ServicesAnswer out{.range = range_of(answer), .services = {}};
  for (const json& service : array_at(answer, "services"))
    out.services.push_back({.name = text_at(service, "name"),
                            .total = whole_at(service, "total"),
                            .covered_ns = whole_at(service, "covered_ns"),
                            .profiles = whole_at(service, "profiles")});
  return out;
}

TimelineAnswer read_timeline(const json& answer) {
  TimelineAnswer out;
  out.range = range_of(answer);
  out.step_ms = whole_at(answer, "step_ms");
  out.first_ms = whole_at(answer, "first_ms");
  out.unit = text_at(answer, "unit");
  out.series_left_out = whole_at(answer, "series_left_out");
  for (const json& series : array_at(answer, "series")) {
    TimelineAnswer::Series& added = out.series.emplace_back();
    for (const auto& [name, value] : at(series, "labels").items())
      added.label_values.push_back(value.get<std::string>());
    added.values = wholes(at(series, "values"), "values");
    added.covered_ns = wholes(at(series, "covered_ns"), "covered_ns");
    if (added.values.size() != added.covered_ns.size() ||
        added.values.size() != out.series.front().values.size())
      fail("values", "as long as the other columns");
  }
  return out;
}

ProfileAnswer read_profile(const json& answer) {
  const Functions functions(answer);
  const json& table = at(answer, "table");
  const auto function = wholes(at(table, "function"), "function");
  const auto self = wholes(at(table, "self"), "self");
  const auto total = wholes(at(table, "total"), "total");
  if (self.size() != function.size() || total.size() != function.size())
    fail("table", "columns of one length");
  ProfileAnswer out{.unit = text_at(answer, "unit"),
                    .side = side_at(answer, "side"),
                    .table = {},
                    .table_left_out = whole_at(answer, "table_left_out")};
  for (std::size_t i = 0; i < function.size(); ++i)
    out.table.push_back(
        {.function = functions.get(function[i]), .self = self[i], .total = total[i]});
  return out;
}

DiffAnswer read_diff(const json& answer) {
  const Functions functions(answer);
  const json& table = at(answer, "table");
  const auto function = wholes(at(table, "function"), "function");
  const json& total = array_at(table, "total");
  if (total.size() != 2) fail("total", "a column for each side");
  const auto baseline = wholes(total[0], "total");
  const auto comparison = wholes(total[1], "total");
  if (baseline.size() != function.size() || comparison.size() != function.size())
    fail("table", "columns of one length");
  DiffAnswer out{.unit = text_at(answer, "unit"),
                 .sides = {side_at(answer, "baseline"), side_at(answer, "comparison")},
                 .table = {},
                 .table_left_out = whole_at(answer, "table_left_out"),
                 .sentence = text_at(at(answer, "headline"), "sentence")};
  for (std::size_t i = 0; i < function.size(); ++i)
    out.table.push_back(
        {.function = functions.get(function[i]), .total = {baseline[i], comparison[i]}});
  return out;
}

}  // namespace

Result<ServicesAnswer> decode_services(std::string_view json) {
  return decode(json, read_services);
}
Result<TimelineAnswer> decode_timeline(std::string_view json) {
  return decode(json, read_timeline);
}
Result<ProfileAnswer> decode_profile(std::string_view json) { return decode(json, read_profile); }
Result<DiffAnswer> decode_diff(std::string_view json) { return decode(json, read_diff); }

std::string decode_error(std::string_view body) {
  const json answer = json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (answer.is_object())
    if (const auto message = answer.find("message");
        message != answer.end() && message->is_string())
      return message->get<std::string>();
  constexpr std::size_t kMaxBytes = 400;
  return std::string(body.substr(0, kMaxBytes));
}

}  // namespace phlox::terminal
