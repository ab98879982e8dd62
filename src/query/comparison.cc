#include "query/comparison.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "profile/call_nodes.h"

namespace phlox::query {
namespace {

using profile::CallTree;
using profile::FunctionId;
using profile::FunctionValue;

constexpr double kUnchangedShare = 0.03;
constexpr double kChangedShare = 0.9;
constexpr double kMentionedShare =
    0.01;  // of the total: a function smaller than that is not worth a word

struct Change {
  double before = 0;
  double after = 0;
  double size() const { return std::abs(after - before); }
  double larger() const { return std::max(before, after); }
  bool is_unchanged() const { return size() < kUnchangedShare * before; }
};

Change change_of(const FunctionValue& row, std::span<const Rate> rates) {
  return {rates[0](row.total[0]), rates[1](row.total[1])};
}

const FunctionValue* most_telling(std::span<const FunctionValue> rows,
                                  std::span<const Rate> rates) {
  double largest = 0;
  for (const FunctionValue& row : rows) largest = std::max(largest, change_of(row, rates).size());
  if (largest == 0) return nullptr;
  const FunctionValue* best = nullptr;
  for (const FunctionValue& row : rows) {
    const Change change = change_of(row, rates);
    if (change.size() < kChangedShare * largest) continue;
    if (best == nullptr || change.larger() < change_of(*best, rates).larger()) best = &row;
  }
  return best;
}

// By FunctionId: does any stack hold both this function and `other`?
std::vector<bool> sharing_stacks_with(const CallTree& tree, FunctionId other,
                                      std::size_t function_count) {
  std::vector<bool> shares(function_count);
  std::vector<bool> has_below(tree.size());
  std::vector<bool> is_below(tree.size());
  for (std::size_t row = tree.size(); row-- > 1;) {
    if (has_below[row] || tree.function[row] == other) has_below[tree.parent[row]] = true;
  }
  for (std::size_t row = 1; row < tree.size(); ++row) {
    is_below[row] = is_below[tree.parent[row]] || tree.function[row] == other;
    if (is_below[row] || has_below[row]) shares[profile::index_of(tree.function[row])] = true;
  }
  return shares;
}

const FunctionValue* largest_unchanged(const MergedProfile& merged, const CallTree& tree,
                                       std::span<const FunctionValue> rows,
                                       std::span<const Rate> rates, FunctionId changed) {
  const auto excluded = changed == profile::kNoFunction
                            ? std::vector<bool>(merged.symbols.function_count())
                            : sharing_stacks_with(tree, changed, merged.symbols.function_count());
  const double least = kMentionedShare * rates[0](tree.total[0][0]);
  const FunctionValue* best = nullptr;
  for (const FunctionValue& row : rows) {
    const Change change = change_of(row, rates);
    if (excluded[profile::index_of(row.function)] || !change.is_unchanged()) continue;
    if (change.larger() < least) continue;
    if (best == nullptr || change.larger() > change_of(*best, rates).larger()) best = &row;
  }
  return best;
}

// Cores have three digits; large numbers of other units need none.
std::string number(double value) {
  return std::abs(value) < 1000 ? fmt::format("{:.3f}", value) : fmt::format("{:.0f}", value);
}

std::string sentence_of(std::string_view name, const Change& change, const std::string& unit) {
  if (change.before == 0 && change.after == 0) return fmt::format("{} is 0 {}.", name, unit);
  if (change.before == 0)
    return fmt::format("{} is new, at {} {}.", name, number(change.after), unit);
  if (change.after == 0)
    return fmt::format("{} fell to 0, from {} {}.", name, number(change.before), unit);
  if (change.is_unchanged())
    return fmt::format("{} is unchanged at {} {}.", name, number(change.after), unit);
  return fmt::format(
      "{} {} by {:.0f} %, from {} to {} {}.", name, change.after < change.before ? "fell" : "rose",
      100 * change.size() / change.before, number(change.before), number(change.after), unit);
}

std::string total_name(const profile::ProfileType& type) {
  return type.sample.type == "cpu" ? "Total CPU" : fmt::format("Total {}", type.sample.type);
}

std::tuple<std::string_view, std::string_view> name_key(const profile::Symbols& symbols,
                                                        const FunctionValue& row) {
  const auto& function = symbols.function(row.function);
  return {symbols.string(function.name), symbols.string(function.file)};
}

}  // namespace

void sort_by_change(std::vector<FunctionValue>& rows, std::span<const Rate> rates,
                    const profile::Symbols& symbols) {
  std::ranges::stable_sort(rows, [&](const FunctionValue& a, const FunctionValue& b) {
    const double left = change_of(a, rates).size();
    const double right = change_of(b, rates).size();
    return left != right ? left > right : name_key(symbols, a) < name_key(symbols, b);
  });
}

void sort_by_total(std::vector<FunctionValue>& rows, const profile::Symbols& symbols,
                   std::size_t wanted) {
  const profile::ByName by_name{symbols};
  const auto middle = rows.begin() + static_cast<std::ptrdiff_t>(std::min(wanted, rows.size()));
  std::ranges::partial_sort(rows, middle, [&](const FunctionValue& a, const FunctionValue& b) {
    return a.total[0] != b.total[0] ? a.total[0] > b.total[0] : by_name(a.function, b.function);
  });
}

Headline headline(const MergedProfile& merged, const CallTree& tree,
                  std::span<const FunctionValue> rows, std::span<const Rate> rates) {
  const bool no_baseline = merged.sides[0].totals.profiles == 0 && tree.total[0][0] == 0;
  const bool no_comparison = merged.sides[1].totals.profiles == 0 && tree.total[1][0] == 0;
  if (no_baseline && no_comparison) return {.sentence = "There is no data on either side."};
  if (no_baseline) return {.sentence = "There is no data in the baseline."};
  if (no_comparison) return {.sentence = "There is no data in the comparison."};

  Headline out;
  const std::string& unit = rates[0].unit();
  const Change total{rates[0](tree.total[0][0]), rates[1](tree.total[1][0])};
  out.sentence = sentence_of(total_name(merged.type), total, unit);
  const auto append = [&](const FunctionValue& row) {
    const auto name = merged.symbols.string(merged.symbols.function(row.function).name);
    out.sentence += ' ' + sentence_of(name, change_of(row, rates), unit);
  };
  if (const FunctionValue* changed = most_telling(rows, rates)) {
    out.changed = changed->function;
    if (!change_of(*changed, rates).is_unchanged()) append(*changed);
  }
  if (const auto* unchanged = largest_unchanged(merged, tree, rows, rates, out.changed)) {
    out.unchanged = unchanged->function;
    append(*unchanged);
  }
  return out;
}

}  // namespace phlox::query
