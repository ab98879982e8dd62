#include "format/kept_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/gzip.h"
#include "format/tree_columns.h"
#include "profile/profile_type.h"

namespace phlox::format {
namespace {

constexpr std::string_view kPlace = R"(<script type="text/plain" id="phlox-kept">)";
// More than these are never tried: tens of thousands of frames fill the file with names.
constexpr std::size_t kMostNodes = 65536;
constexpr std::size_t kFewestNodes = 64;
constexpr std::size_t kMostRows = 1000;
constexpr int kSmallest = 12;

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j)
      group = group << 8 | (i + j < bytes.size() ? static_cast<std::uint8_t>(bytes[i + j]) : 0u);
    for (std::size_t j = 0; j < 4; ++j)
      out += i + j <= bytes.size() ? kDigits[group >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

std::int64_t milliseconds(Nanoseconds time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

Json side_of(const profile::Profile& profile, std::int64_t total) {
  const auto from = profile.start.time_since_epoch();
  return {{"range",
           {{"from_ms", milliseconds(from)},
            {"until_ms", milliseconds(from + profile.duration)},
            {"level_s", 0}}},
          {"total", number(total)},
          {"covered_ns", number(profile.duration.count())},
          {"profiles", 1}};
}

// The tree of one recording with what its answers have in common, whatever is cut.
struct Whole {
  const profile::Profile& profile;
  const profile::CallTree& tree;
  const std::vector<profile::FunctionValue>& rows;  // largest total first
  const KeptPage& kept;
};

// The same shape as the answer of GET /api/v1/profile.
std::string content_of(const Whole& whole, std::size_t max_nodes) {
  const profile::Profile& profile = whole.profile;
  const profile::ValueType& sample = profile.sample_types[whole.kept.column];
  constexpr double kAsIs = 1;
  const auto visible = profile::visible_part(whole.tree, std::span(&kAsIs, 1), max_nodes);
  const std::size_t shown = std::min({whole.rows.size(), kMostRows, max_nodes});
  FunctionColumns functions(profile.symbols);
  ColumnWriter columns;
  Json answer{{"unit", sample.unit},
              {"side", side_of(profile, whole.tree.total[0][0])},
              {"tree", tree_of(whole.tree, visible, functions, columns)},
              {"table", table_of(std::span(whole.rows).first(shown), 1, functions, columns)},
              {"table_left_out", whole.rows.size() - shown}};
  answer["functions"] = functions.columns();
  const std::string type =
      profile::ProfileType{std::string(whole.kept.profile_name), sample, profile.period_type}
          .to_string();
  const Json content{
      {"version", 1},
      {"title", whole.kept.title},
      {"made_ms", milliseconds((profile.start + profile.duration).time_since_epoch())},
      {"type", type},
      {"view", ""},
      {"profile", std::move(answer)}};
  return content.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Result<std::string> encode_kept_page(const profile::Profile& profile, const KeptPage& kept,
                                     std::string_view page) {
  const std::size_t place = page.find(kPlace);
  if (place == std::string_view::npos)
    return Error::invalid("this build has no page to write: it was made without PHLOX_WEB");
  if (kept.column >= profile.sample_types.size())
    return Error::invalid("there is nothing to write: the profile is empty");
  std::vector<profile::StackValue> values;
  for (std::size_t i = 0; i < profile.sample_count(); ++i)
    values.push_back({profile.stacks[i], profile.values_of(i)[kept.column]});
  PHLOX_TRY(const auto tree, profile::CallTree::build(profile.symbols, values));
  auto rows = profile::top_table(tree);
  std::ranges::stable_sort(rows, std::ranges::greater(),
                           [](const profile::FunctionValue& row) { return row.total[0]; });

  const Whole whole{profile, tree, rows, kept};
  const std::size_t end = place + kPlace.size();
  for (std::size_t nodes = std::min(kMostNodes, std::max(tree.size(), kFewestNodes));
       nodes >= kFewestNodes; nodes /= 2) {
    const std::string packed = base64(gzip(content_of(whole, nodes), kSmallest));
    if (page.size() + packed.size() > kMaxKeptPageBytes) continue;
    return std::string(page.substr(0, end)).append(packed).append(page.substr(end));
  }
  return Error::limit("the names of the largest frames alone need more than {} bytes",
                      kMaxKeptPageBytes);
}

}  // namespace phlox::format
