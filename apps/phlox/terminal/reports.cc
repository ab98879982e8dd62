#include "terminal/reports.h"

#include <fmt/chrono.h>

#include <cmath>

#include "terminal/table.h"

namespace phlox::terminal {
namespace {

constexpr std::string_view kNoData = "-";

// Value per covered time for CPU, the value itself for other units. Nothing where there is no data.
std::optional<double> rate_of(std::int64_t value, std::int64_t covered_ns, std::string_view unit) {
  if (unit != "nanoseconds") return static_cast<double>(value);
  if (covered_ns <= 0) return std::nullopt;
  return static_cast<double>(value) / static_cast<double>(covered_ns);
}

std::string word_for(std::string_view unit) {
  return std::string(unit == "nanoseconds" ? "cores" : unit);
}

std::string amount(std::optional<double> rate, std::string_view unit, bool with_sign = false) {
  if (!rate) return std::string(kNoData);
  const int digits = unit == "nanoseconds" ? 3 : 0;
  return with_sign ? fmt::format("{:+.{}f}", *rate, digits) : fmt::format("{:.{}f}", *rate, digits);
}

std::string share(std::int64_t part, std::int64_t whole) {
  if (whole <= 0) return std::string(kNoData);
  return fmt::format("{:.1f} %", 100 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string change_in_percent(std::optional<double> baseline, std::optional<double> comparison) {
  if (!baseline || !comparison) return std::string(kNoData);
  if (*baseline == 0) return *comparison == 0 ? "0.0 %" : "new";
  return fmt::format("{:+.1f} %", 100 * (*comparison - *baseline) / *baseline);
}

// "$34,000"; cents only where they are visible in the sum.
std::string money(double dollars) {
  std::string digits = fmt::format("{:.{}f}", std::abs(dollars), std::abs(dollars) < 100 ? 2 : 0);
  std::size_t whole_digits = digits.find('.');
  if (whole_digits == std::string::npos) whole_digits = digits.size();
  for (std::size_t at = whole_digits; at > 3; at -= 3) digits.insert(at - 3, ",");
  return (dollars < 0 ? "-$" : "$") + digits;
}

std::string utc(std::int64_t unix_ms) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::gmtime(static_cast<std::time_t>(unix_ms / 1000)));
}

std::string place_of(const Function& function) {
  if (function.file.empty()) return "";
  if (function.line == 0) return function.file;
  return fmt::format("{}:{}", function.file, function.line);
}

std::string left_out(std::int64_t count, std::string_view what) {
  return count > 0 ? fmt::format("{} more {} left out; raise --limit to see them\n", count, what)
                   : "";
}

std::string range_text(const Range& range) {
  return fmt::format("{} to {} UTC", utc(range.from_ms), utc(range.until_ms));
}

}  // namespace

std::string services_report(const ServicesAnswer& answer) {
  Table table({{"CORES"}, {"CPU SECONDS"}, {"PROFILES"}, {"SERVICE", Align::kLeft}});
  for (const auto& service : answer.services)
    table.add_row({amount(rate_of(service.total, service.covered_ns, "nanoseconds"), "nanoseconds"),
                   fmt::format("{:.1f}", static_cast<double>(service.total) / 1e9),
                   std::to_string(service.profiles), service.name});
  return fmt::format("{}\n\n{}", range_text(answer.range), table.to_string());
}

std::string timeline_report(const TimelineAnswer& answer) {
  std::vector<Column> columns = {{"TIME (UTC)", Align::kLeft}};
  for (const auto& series : answer.series) {
    std::string title = word_for(answer.unit);
    for (const std::string& value : series.label_values)
      title = fmt::format("{} ({})", value.empty() ? "none" : value, title);
    columns.push_back({title});
  }
  Table table(std::move(columns));
  const std::size_t steps = answer.series.empty() ? 0 : answer.series.front().values.size();
  for (std::size_t i = 0; i < steps; ++i) {
    const std::int64_t step_begin = answer.first_ms + static_cast<std::int64_t>(i) * answer.step_ms;
    std::vector<std::string> row = {utc(std::max(step_begin, answer.range.from_ms))};
    for (const auto& series : answer.series)
      row.push_back(
          series.covered_ns[i] == 0
              ? std::string(kNoData)
              : amount(rate_of(series.values[i], series.covered_ns[i], answer.unit), answer.unit));
    table.add_row(std::move(row));
  }
  return table.to_string() + left_out(answer.series_left_out, "series");
}

std::string top_report(const ProfileAnswer& answer, std::optional<double> cost) {
  const auto rate = [&](std::int64_t value) {
    return amount(rate_of(value, answer.side.covered_ns, answer.unit), answer.unit);
  };
  std::vector<Column> columns = {{"SELF"}, {"SHARE"}, {"TOTAL"}, {"SHARE"}};
  if (cost) columns.push_back({"COST"});
  columns.push_back({"FUNCTION", Align::kLeft});
  columns.push_back({"FILE", Align::kLeft});
  Table table(std::move(columns));
  const std::int64_t whole = answer.side.total;
  for (const auto& row : answer.table) {
    std::vector<std::string> cells = {rate(row.self), share(row.self, whole), rate(row.total),
                                      share(row.total, whole)};
    if (cost)
      cells.push_back(
          whole > 0 ? money(*cost * static_cast<double>(row.total) / static_cast<double>(whole))
                    : std::string(kNoData));
    cells.push_back(row.function.name);
    cells.push_back(place_of(row.function));
    table.add_row(std::move(cells));
  }
  return fmt::format("{} {} in {} profiles, {}\n\n{}{}", rate(whole), word_for(answer.unit),
                     answer.side.profiles, range_text(answer.side.range), table.to_string(),
                     left_out(answer.table_left_out, "functions"));
}

std::string diff_report(const DiffAnswer& answer, std::optional<double> cost) {
  const auto rate = [&](std::int64_t value, std::size_t side) {
    return rate_of(value, answer.sides[side].covered_ns, answer.unit);
  };
  const auto cells_of = [&](std::int64_t baseline, std::int64_t comparison) {
    const auto a = rate(baseline, 0);
    const auto b = rate(comparison, 1);
    const auto change = a && b ? std::optional(*b - *a) : std::nullopt;
    return std::vector<std::string>{amount(a, answer.unit), amount(b, answer.unit),
                                    amount(change, answer.unit, true), change_in_percent(a, b)};
  };
  Table table({{"BASELINE"},
               {"COMPARISON"},
               {"CHANGE"},
               {"CHANGE %"},
               {"FUNCTION", Align::kLeft},
               {"FILE", Align::kLeft}});
  const auto add = [&](std::vector<std::string> cells, std::string name, std::string place) {
    cells.push_back(std::move(name));
    cells.push_back(std::move(place));
    table.add_row(std::move(cells));
  };
  add(cells_of(answer.sides[0].total, answer.sides[1].total), "(total)", "");
  for (const auto& row : answer.table)
    add(cells_of(row.total[0], row.total[1]), row.function.name, place_of(row.function));

  std::string out = printable(answer.sentence) + "\n\n";
  out += fmt::format("baseline    {}\ncomparison  {}\n", range_text(answer.sides[0].range),
                     range_text(answer.sides[1].range));
  const auto before = rate(answer.sides[0].total, 0);
  const auto after = rate(answer.sides[1].total, 1);
  if (cost && before && after && *before > 0)
    out += fmt::format("cost        {} → {}\n", money(*cost), money(*cost * *after / *before));
  out += fmt::format("amounts in {}\n\n", word_for(answer.unit));
  return out + table.to_string() + left_out(answer.table_left_out, "functions");
}

}  // namespace phlox::terminal
