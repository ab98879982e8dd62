#include "format/tree_columns.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string>
#include <utility>

#include "profile/sum.h"

namespace phlox::format {
namespace {

constexpr std::string_view kColumnsMagic = "PHLOXCOL";
constexpr std::uint32_t kColumnsVersion = 1;
constexpr std::size_t kAlignment = 8;
static_assert(std::endian::native == std::endian::little,
              "columns are written as they lie in memory");

std::size_t padding(std::size_t size) { return (kAlignment - size % kAlignment) % kAlignment; }

template <class T>
std::string_view bytes_of(std::span<const T> values) {
  const auto bytes = std::as_bytes(values);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// A column for one side, a pair of columns for two.
Json by_side(std::vector<Json> columns) {
  return columns.size() == 1 ? std::move(columns[0]) : Json(std::move(columns));
}

}  // namespace

Json number(std::int64_t value) {
  if (value > profile::kMaxPushedValue || value < -profile::kMaxPushedValue)
    return std::to_string(value);
  return value;
}

Json ColumnWriter::indices(std::span<const std::int32_t> values) {
  if (form_ == Form::kJson) return Json(values);
  return place("i32", values.size(), bytes_of(values));
}

// As doubles, which are exact up to 2^53; the few larger ones stand in the JSON besides.
Json ColumnWriter::wholes(std::span<const std::int64_t> values) {
  if (form_ == Form::kJson) {
    Json::array_t out;
    out.reserve(values.size());
    for (const std::int64_t value : values) out.push_back(number(value));
    return out;
  }
  if (std::ranges::all_of(values, [](std::int64_t value) { return value == 0; }))
    return {{"column", "zeros"}, {"count", values.size()}};
  const std::vector<double> near(values.begin(), values.end());
  Json column = place("f64", values.size(), bytes_of(std::span<const double>(near)));
  for (std::size_t i = 0; i < values.size(); ++i)
    if (Json exact = number(values[i]); exact.is_string())
      column["large"][std::to_string(i)] = std::move(exact);
  return column;
}

Json ColumnWriter::place(std::string_view type, std::size_t count, std::string_view bytes) {
  const std::size_t at = bytes_.size();
  bytes_.append(bytes).append(padding(bytes.size()), '\0');
  return {{"column", type}, {"at", at}, {"count", count}};
}

std::string ColumnWriter::body(const Json& answer) const {
  std::string json = answer.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (form_ == Form::kJson) return json;
  json.append(padding(json.size()), ' ');
  const std::array<std::uint32_t, 2> head = {kColumnsVersion,
                                             static_cast<std::uint32_t>(json.size())};
  std::string out(kColumnsMagic);
  out.reserve(out.size() + sizeof head + json.size() + bytes_.size());
  out.append(bytes_of(std::span<const std::uint32_t>(head))).append(json).append(bytes_);
  return out;
}

std::int64_t FunctionColumns::index_of(profile::FunctionId id) {
  if (id == profile::kNoFunction) return -1;
  const auto [entry, added] =
      indices_.try_emplace(id, static_cast<std::int64_t>(functions_.size()));
  if (added) functions_.push_back(id);
  return entry->second;
}

Json FunctionColumns::columns() const {
  Json::array_t name, file, line, module, kind;
  for (const profile::FunctionId id : functions_) {
    const profile::Function& function = symbols_.function(id);
    name.emplace_back(symbols_.string(function.name));
    file.emplace_back(symbols_.string(function.file));
    line.emplace_back(function.first_line);
    module.emplace_back(symbols_.string(function.module));
    kind.emplace_back(profile::to_string(function.kind));
  }
  return {{"name", std::move(name)},
          {"file", std::move(file)},
          {"line", std::move(line)},
          {"module", std::move(module)},
          {"kind", std::move(kind)}};
}

Json tree_of(const profile::CallTree& tree, const profile::VisibleTree& visible,
             FunctionColumns& functions, ColumnWriter& columns) {
  std::vector<std::int32_t> function, depth;
  for (const std::uint32_t row : visible.rows) {
    function.push_back(static_cast<std::int32_t>(functions.index_of(tree.function[row])));
    depth.push_back(static_cast<std::int32_t>(tree.depth[row]));
  }
  const auto shown = [&](const std::vector<std::int64_t>& all) {
    std::vector<std::int64_t> out;
    out.reserve(visible.rows.size());
    for (const std::uint32_t row : visible.rows) out.push_back(all[row]);
    return out;
  };
  std::vector<Json> self, total, hidden_total;
  for (std::size_t side = 0; side < tree.side_count(); ++side) {
    self.push_back(columns.wholes(shown(tree.self[side])));
    total.push_back(columns.wholes(shown(tree.total[side])));
    hidden_total.push_back(columns.wholes(visible.hidden_total[side]));
  }
  const std::vector<std::int64_t> hidden_count(visible.hidden_count.begin(),
                                               visible.hidden_count.end());
  return {{"function", columns.indices(function)},
          {"depth", columns.indices(depth)},
          {"self", by_side(std::move(self))},
          {"total", by_side(std::move(total))},
          {"hidden_count", columns.wholes(hidden_count)},
          {"hidden_total", by_side(std::move(hidden_total))}};
}

Json table_of(std::span<const profile::FunctionValue> rows, std::size_t side_count,
              FunctionColumns& functions, ColumnWriter& columns) {
  std::vector<std::int32_t> function;
  for (const auto& row : rows)
    function.push_back(static_cast<std::int32_t>(functions.index_of(row.function)));
  std::vector<Json> self, total;
  for (std::size_t side = 0; side < side_count; ++side) {
    std::vector<std::int64_t> selves, totals;
    for (const auto& row : rows) {
      selves.push_back(row.self[side]);
      totals.push_back(row.total[side]);
    }
    self.push_back(columns.wholes(selves));
    total.push_back(columns.wholes(totals));
  }
  return {{"function", columns.indices(function)},
          {"self", by_side(std::move(self))},
          {"total", by_side(std::move(total))}};
}

}  // namespace phlox::format
