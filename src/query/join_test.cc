// The operator `join` against its meaning: functions all_renamed in the profiles themselves.
#include <gtest/gtest.h>

#include <rapidcheck.h>

#include <map>

#include "profile/top_table.h"
#include "query/comparison.h"

namespace phlox::query {
namespace {

using profile::FunctionIdentity;

struct Name {
  std::string name;
  std::string file;
  auto operator<=>(const Name&) const = default;
  std::string frames() const { return fmt::format("{{name=\"{}\",file=\"{}\"}}", name, file); }
};
using NamePath = std::vector<Name>;  // root first
using NamePaths = std::map<NamePath, std::int64_t>;
using Both = std::array<NamePaths, 2>;

MergedProfile merged_of(const Both& both) {
  MergedProfile out{.type = profile::ProfileType::parse(profile::kProcessCpu).value(),
                    .symbols = {},
                    .sides = {}};
  std::uint32_t line = 1;
  for (const NamePaths& paths : both) {
    Side& side = out.sides.emplace_back();
    side.totals.profiles = 1;
    side.totals.covered_ns = 1000;
    for (const auto& [path, value] : paths) {
      auto stack = profile::StackId::kEmpty;
      for (const Name& name : path) {
        const auto function =
            out.symbols.intern_function({.name = out.symbols.intern_string(name.name),
                                         .file = out.symbols.intern_string(name.file),
                                         .first_line = line});
        stack = out.symbols.intern_child(
            stack, out.symbols.intern_frame({.function = function, .line = line}));
      }
      side.values.push_back({stack, value});
      side.totals.value += value;
    }
    ++line;  // a comparison looks past first lines
  }
  return out;
}

profile::CallTree tree_with(const MergedProfile& merged, const std::vector<std::string>& joins) {
  std::vector<Operator> operators;
  for (const std::string& join : joins) operators.push_back(parse_operator("join", join).value());
  return merged.tree(FunctionIdentity::kIgnoreFirstLine, operators).value();
}

Name name_of(const MergedProfile& merged, profile::FunctionId id) {
  const auto& function = merged.symbols.function(id);
  return {std::string(merged.symbols.string(function.name)),
          std::string(merged.symbols.string(function.file))};
}

// By path: self of both sides, total of both sides.
std::map<NamePath, std::array<std::int64_t, 4>> nodes_by_path(const MergedProfile& merged,
                                                              const profile::CallTree& tree) {
  std::map<NamePath, std::array<std::int64_t, 4>> out;
  std::vector<NamePath> path(tree.size());
  for (std::size_t row = 0; row < tree.size(); ++row) {
    if (row > 0) {
      path[row] = path[tree.parent[row]];
      path[row].push_back(name_of(merged, tree.function[row]));
    }
    out[path[row]] = {tree.self[0][row], tree.self[1][row], tree.total[0][row], tree.total[1][row]};
  }
  return out;
}

// By function: self and total of both sides.
std::map<Name, std::array<std::int64_t, 4>> table_of(const MergedProfile& merged,
                                                     const profile::CallTree& tree) {
  std::map<Name, std::array<std::int64_t, 4>> out;
  for (const auto& row : profile::top_table(tree))
    out[name_of(merged, row.function)] = {row.self[0], row.self[1], row.total[0], row.total[1]};
  return out;
}

std::string sentence_of(const MergedProfile& merged, const profile::CallTree& tree) {
  return headline(merged, tree, profile::top_table(tree), Rate::of(merged.type, merged.sides))
      .sentence;
}

Both all_renamed(const Both& both, const Name& from, const Name& into) {
  const auto stands = [&](const auto& entry) {
    return std::ranges::find(entry.first, into) != entry.first.end();
  };
  if (std::ranges::none_of(both[0], stands) && std::ranges::none_of(both[1], stands)) return both;
  Both out;
  for (std::size_t side = 0; side < both.size(); ++side) {
    for (const auto& [path, value] : both[side]) {
      NamePath changed = path;
      std::ranges::replace(changed, from, into);
      out[side][changed] += value;
    }
  }
  return out;
}

std::string argument(const Name& from, const Name& into) {
  return from.frames() + ';' + into.frames();
}

const Name kMain{"main", "app.py"};
const Name kOld{"parse_all", "app.py"};
const Name kNew{"parse", "parser.py"};
const Name kLoad{"load", "app.py"};

TEST(Join, ARenamedFunctionIsComparedWithItself) {
  const MergedProfile merged =
      merged_of({NamePaths{{{kMain, kOld}, 300}, {{kMain, kOld, kLoad}, 100}},
                 NamePaths{{{kMain, kNew}, 100}, {{kMain, kNew, kLoad}, 100}}});
  const auto apart = tree_with(merged, {});
  EXPECT_EQ(table_of(merged, apart).at(kOld), (std::array<std::int64_t, 4>{300, 0, 400, 0}));

  const auto joined = tree_with(merged, {argument(kOld, kNew)});
  EXPECT_EQ(nodes_by_path(merged, joined), (std::map<NamePath, std::array<std::int64_t, 4>>{
                                               {{}, {0, 0, 400, 200}},
                                               {{kMain}, {0, 0, 400, 200}},
                                               {{kMain, kNew}, {300, 100, 400, 200}},
                                               {{kMain, kNew, kLoad}, {100, 100, 100, 100}}}));
  EXPECT_FALSE(table_of(merged, joined).contains(kOld));
  EXPECT_EQ(sentence_of(merged, joined),
            "Total CPU fell by 50 %, from 0.400 to 0.200 cores. main fell by 50 %, from 0.400 to "
            "0.200 cores.");
}

TEST(Join, AMovedFunctionIsToldByItsFile) {
  const Name before{"parse", "app.py"};
  const MergedProfile merged =
      merged_of({NamePaths{{{before}, 7}, {{kLoad}, 1}}, NamePaths{{{kNew}, 5}}});
  EXPECT_EQ(
      table_of(merged, tree_with(merged, {argument(before, kNew)})),
      (std::map<Name, std::array<std::int64_t, 4>>{{kNew, {7, 5, 7, 5}}, {kLoad, {1, 0, 1, 0}}}));
}

TEST(Join, ChangesNothingWhileThereIsNothingToJoinWith) {
  const MergedProfile merged = merged_of({NamePaths{{{kOld}, 7}}, NamePaths{{{kLoad}, 5}}});
  const auto tree = tree_with(merged, {argument(kOld, kNew)});
  EXPECT_EQ(nodes_by_path(merged, tree), nodes_by_path(merged, tree_with(merged, {})));
}

TEST(Join, SeveralThatAreMeantBecomeTheFirstByName) {
  const Name other{"parse", "a.py"};
  const MergedProfile merged =
      merged_of({NamePaths{{{kOld}, 7}, {{kNew}, 2}}, NamePaths{{{other}, 5}}});
  EXPECT_EQ(nodes_by_path(merged, tree_with(merged, {"parse_all;parse"})),
            (std::map<NamePath, std::array<std::int64_t, 4>>{{{}, {0, 0, 9, 5}},
                                                             {{other}, {9, 5, 9, 5}}}));
}

TEST(Join, FaultsSayWhatWasExpected) {
  for (const auto* bad : {"old", "a;b;c"}) {
    const auto parsed = parse_operator("join", bad);
    ASSERT_FALSE(parsed) << bad;
    EXPECT_EQ(parsed.error().message(), "join: expected FRAMES;INTO, as in old_name;new_name");
  }
}

TEST(Join, EqualsRenamingInTheProfiles) {
  EXPECT_TRUE(rc::check("any profiles, any chain of joins", [] {
    const auto any_name = rc::gen::map(rc::gen::inRange(0, 6), [](int i) {
      return Name{fmt::format("f{}", i / 2), fmt::format("{}.py", i % 2)};
    });
    Both both;
    for (NamePaths& paths : both) {
      for (int i = *rc::gen::inRange(1, 12); i > 0; --i) {
        NamePath path;
        for (int depth = *rc::gen::inRange(1, 6); depth > 0; --depth) path.push_back(*any_name);
        paths[path] += *rc::gen::inRange(1, 1000);
      }
    }
    const MergedProfile merged = merged_of(both);
    Both expected = both;
    std::vector<std::string> joins;
    for (int i = *rc::gen::inRange(1, 4); i > 0; --i) {
      const Name from = *any_name;
      const Name into = *any_name;
      joins.push_back(argument(from, into));
      expected = all_renamed(expected, from, into);
    }
    const MergedProfile by_hand = merged_of(expected);
    const auto tree = tree_with(merged, joins);
    const auto wanted = tree_with(by_hand, {});
    RC_ASSERT(nodes_by_path(merged, tree) == nodes_by_path(by_hand, wanted));
    RC_ASSERT(table_of(merged, tree) == table_of(by_hand, wanted));
    RC_ASSERT(sentence_of(merged, tree) == sentence_of(by_hand, wanted));
  }));
}

}  // namespace
}  // namespace phlox::query
