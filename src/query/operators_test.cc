#include "query/operators.h"

#include <gtest/gtest.h>

#include <rapidcheck.h>

#include <map>
#include <set>

#include "format/folded.h"
#include "query/merged_profile.h"
#include "query/search.h"

namespace phlox::query {
namespace {

using Path = std::vector<std::string>;  // root first
using Paths = std::map<Path, std::int64_t>;

MergedProfile folded(const Paths& paths) {
  std::string text;
  for (const auto& [path, value] : paths) {
    for (const std::string& name : path) text += (&name == path.data() ? "" : ";") + name;
    text += fmt::format(" {}\n", value);
  }
  auto profile = format::decode_folded(text, {"cpu", "nanoseconds"}).value();
  MergedProfile out{.type = {}, .symbols = std::move(profile.symbols), .sides = {}};
  Side& side = out.sides.emplace_back();
  for (std::size_t i = 0; i < profile.sample_count(); ++i)
    side.values.push_back({profile.stacks[i], profile.values[i]});
  return out;
}

Paths split(std::string_view text) {
  Paths out;
  const auto profile = format::decode_folded(text, {"cpu", "nanoseconds"}).value();
  for (std::size_t i = 0; i < profile.sample_count(); ++i) {
    Path path;
    for (auto stack = profile.stacks[i]; stack != profile::StackId::kEmpty;
         stack = profile.symbols.stack(stack).parent) {
      const auto function = profile.symbols.frame(profile.symbols.stack(stack).frame).function;
      path.insert(path.begin(),
                  std::string(profile.symbols.string(profile.symbols.function(function).name)));
    }
    out[path] += profile.values[i];
  }
  return out;
}

struct Step {
  std::string name;
  std::string argument;
};

profile::CallTree tree_of(const MergedProfile& merged, const std::vector<Step>& steps) {
  std::vector<Operator> operators;
  for (const Step& step : steps)
    operators.push_back(parse_operator(step.name, step.argument).value());
  return merged.tree(profile::FunctionIdentity::kExact, operators).value();
}

Paths paths_of(const profile::Symbols& symbols, const profile::CallTree& tree) {
  Paths out;
  std::vector<Path> path(tree.size());
  for (std::size_t row = 0; row < tree.size(); ++row) {
    if (row > 0) {
      path[row] = path[tree.parent[row]];
      path[row].emplace_back(symbols.string(symbols.function(tree.function[row]).name));
    }
    if (tree.self[0][row] != 0) out[path[row]] = tree.self[0][row];
  }
  return out;
}

Paths run(const Paths& in, const std::vector<Step>& steps) {
  const MergedProfile profile = folded(in);
  return paths_of(profile.symbols, tree_of(profile, steps));
}

Paths run(std::string_view in, const std::string& name, const std::string& argument) {
  return run(split(in), {{name, argument}});
}

constexpr std::string_view kShop = "main;a;lib;json;x 8\nmain;a;b 5\nmain;b;a;c 3\nmain 1";

TEST(Operators, FilterStacks) {
  EXPECT_EQ(run(kShop, "contains", "b"), split("main;a;b 5\nmain;b;a;c 3"));
  EXPECT_EQ(run(kShop, "excludes", "a"), split("main 1"));
  EXPECT_EQ(run(kShop, "focus", "main;a"), split("main;a;lib;json;x 8\nmain;a;b 5"));
  EXPECT_EQ(run(kShop, "focus", R"({name="main"};{name=~"[ab]"};b)"), split("main;a;b 5"));
  EXPECT_EQ(run(kShop, "focus", "a"), Paths());
  EXPECT_EQ(run(kShop, "contains", R"({name=~"j.*",kind="python"})"), split("main;a;lib;json;x 8"));
}

TEST(Operators, LookAtAFunctionFromBothSides) {
  EXPECT_EQ(run(kShop, "below", "a"), split("a;lib;json;x 8\na;b 5\na;c 3"));
  EXPECT_EQ(run(kShop, "callers", "a"), split("a;main 13\na;b;main 3"));
  EXPECT_EQ(run("f;g;f;h 2", "below", "f"), split("f;g;f;h 2")) << "from the outermost on";
  EXPECT_EQ(run("m;f;g;f;h 2", "callers", "f"), split("f;m 2"));
  EXPECT_EQ(run(kShop, "invert", "true"),
            split("x;json;lib;a;main 8\nb;a;main 5\nc;a;b;main 3\nmain 1"));
}

TEST(Operators, TakeFramesOut) {
  EXPECT_EQ(run(kShop, "hide", R"({name=~"lib|json"})"),
            split("main;a;x 8\nmain;a;b 5\nmain;b;a;c 3\nmain 1"));
  EXPECT_EQ(run(kShop, "drop", "a"), split("main 14\nmain;b 3"));
  EXPECT_EQ(run(kShop, "merge", R"({name=~"lib|json"})"),
            split("main;a;lib;x 8\nmain;a;b 5\nmain;b;a;c 3\nmain 1"));
  EXPECT_EQ(run("m;f;f;f;g 1\nm;f;g;f;h 2\nm;f;g 4", "recursion", "{}"), split("m;f;g 5\nm;f;h 2"));
  EXPECT_EQ(run("m;f;f;g;g 1", "recursion", "f"), split("m;f;g;g 1"));
}

TEST(Operators, ApplyInTheOrderInWhichTheyStand) {
  const Paths in = split("main;a;lib;x 8\nmain;x 5");
  EXPECT_EQ(run(in, {{"hide", "lib"}, {"focus", "main;a;x"}}), split("main;a;x 8"));
  EXPECT_EQ(run(in, {{"focus", "main;a;x"}, {"hide", "lib"}}), Paths());
}

TEST(WhatIf, GivesTheExampleExactly) {
  EXPECT_EQ(run("foo 75000\nbar 25000", "scale", "8000/75000*foo"), split("foo 8000\nbar 25000"));
}

TEST(WhatIf, CountsADistinctFunctionOnceAndRoundsOnceAStack) {
  EXPECT_EQ(run("f;g;f 8", "scale", "0.5*f"), split("f;g;f 4"));
  // 3 * 1/2 * 1/2 is 0.75, which is 1; rounded in between it were 2 * 1/2 = 1 and 1.5 -> 2 -> 1.
  EXPECT_EQ(run(split("f;g 5"), {{"scale", "0.5*f"}, {"scale", "0.5*g"}}), split("f;g 1"));
  EXPECT_EQ(run(split("f;g 5"), {{"scale", "0.5*{name=~\"f|g\"}"}}), split("f;g 1"));
  EXPECT_EQ(run("f 9\ng 2", "scale", "0*f"), split("g 2"));
}

TEST(WhatIf, RatiosAreExactAndBounded) {
  const auto of = [](std::string_view ratio, std::int64_t value) {
    return Ratio::parse(ratio).value().of(profile::Sum(value)).to_int64().value();
  };
  EXPECT_EQ(of("1/3", 9'007'199'254'740'991), 3'002'399'751'580'330);
  EXPECT_EQ(of("0.5", 3), 2) << "half up";
  EXPECT_EQ(of("999999999999999/999999999999998", 999'999'999'999'998), 999'999'999'999'999);
  Ratio product;
  for (int i = 0; i < 10; ++i) product = product.times(Ratio::parse("1.00000000000001").value());
  EXPECT_EQ(product.of(profile::Sum(1'000'000'000'000'000)).to_int64().value(),
            1'000'000'000'000'100);
  for (const auto* bad : {"", "-1", "1/0", "1/", "x", "1.2.3", "1e3", "1234567890123456", "."})
    EXPECT_FALSE(Ratio::parse(bad)) << bad;
}

TEST(Operators, FaultsSayWhatWasExpected) {
  const auto fault = [](std::string_view name, std::string_view argument) {
    const auto parsed = parse_operator(name, argument);
    return parsed ? "no error" : parsed.error().message();
  };
  EXPECT_EQ(
      fault("contains", R"({colour="red"})"),
      R"(contains: frames '{colour="red"}': 'colour' is none of name, file, module, kind, line)");
  EXPECT_EQ(fault("hide", ""), R"(hide: which frames? Write a function's name or {name="…"})");
  EXPECT_EQ(fault("scale", "foo"), "scale: expected FACTOR*FRAMES, as in 0.25*foo");
  EXPECT_EQ(fault("invert", "1"), "invert: expected 'true', not '1'");
  EXPECT_EQ(fault("focus", "main;;a"),
            R"(focus: which frames? Write a function's name or {name="…"})");
}

TEST(Search, CountsOverTheWholeTree) {
  const MergedProfile profile = folded(split("m;Foo;x;foo 3\nm;x;foo 4\nm;bar 2"));
  const auto tree = tree_of(profile, {});
  const auto found = [&](std::string_view text, std::size_t max_functions = 100) {
    return search(profile.symbols, tree, profile::top_table(tree),
                  FrameSelector::parse_search(text).value(), max_functions);
  };
  EXPECT_EQ(found("FOO").functions.size(), 2u);
  EXPECT_EQ(found("FOO", 1).functions.size(), 1u);
  EXPECT_EQ(found("FOO", 1).functions_left_out, 1u);
  EXPECT_EQ(found("FOO").nodes, 3u);
  EXPECT_EQ(found("FOO").total[0], 7) << "a stack counts once";
  EXPECT_EQ(found("FOO").self[0], 7);
  EXPECT_EQ(found(R"({name="Foo"})").total[0], 3);
  EXPECT_EQ(found("(").total[0], 0) << "no pattern";
}

// The same operators on paths, one stack after the other.
class ModelRun {
 public:
  explicit ModelRun(std::string wanted) : wanted_(std::move(wanted)) {}

  Paths run(const Paths& in, const std::string& name) const {
    Paths out;
    for (const auto& [path, value] : in) {
      if (value == 0) continue;
      const auto rewritten = rewrite(path, name);
      if (rewritten) out[*rewritten] += value;
    }
    if (name == "join" && std::ranges::none_of(in, [](const auto& entry) {
          return std::ranges::find(entry.first, kInto) != entry.first.end();
        }))
      return in;
    if (name == "scale") {
      for (auto& [path, value] : out) {
        if (std::ranges::find(path, wanted_) != path.end()) value = (value * 3 * 2 + 7) / 14;
      }
      std::erase_if(out, [](const auto& entry) { return entry.second == 0; });
    }
    return out;
  }

 private:
  static constexpr std::string_view kInto = "f0";

  std::optional<Path> rewrite(const Path& path, const std::string& name) const {
    const auto at = std::ranges::find(path, wanted_);
    const bool has = at != path.end();
    const Path up_to(path.begin(), has ? at + 1 : at);
    if (name == "contains") return has ? std::optional(path) : std::nullopt;
    if (name == "excludes") return has ? std::nullopt : std::optional(path);
    if (name == "below") return has ? std::optional(Path(at, path.end())) : std::nullopt;
    if (name == "callers")
      return has ? std::optional(Path(up_to.rbegin(), up_to.rend())) : std::nullopt;
    if (name == "invert") return Path(path.rbegin(), path.rend());
    if (name == "drop") return Path(path.begin(), at);
    if (name == "scale") return path;
    if (name == "focus")
      return !path.empty() && path[0] == wanted_ ? std::optional(path) : std::nullopt;
    Path out;
    if (name == "join") {
      for (const std::string& frame : path) out.push_back(frame == wanted_ ? "f0" : frame);
      return out;
    }
    for (const std::string& frame : path) {
      if (name == "hide" && frame == wanted_) continue;
      if (name == "merge" && frame == wanted_ && !out.empty() && out.back() == wanted_) continue;
      const auto outer = std::ranges::find(out, frame);
      if (name == "recursion" && frame == wanted_ && outer != out.end()) {
        out.erase(outer + 1, out.end());
        continue;
      }
      out.push_back(frame);
    }
    return out;
  }

  std::string wanted_;
};

TEST(Operators, EqualAModelOnPathsForAnyChain) {
  static const std::vector<std::string> kNames = {"contains", "excludes", "below",     "callers",
                                                  "invert",   "drop",     "scale",     "focus",
                                                  "hide",     "merge",    "recursion", "join"};
  EXPECT_TRUE(rc::check("any chain", [] {
    const auto frame =
        rc::gen::map(rc::gen::inRange(0, 4), [](int i) { return fmt::format("f{}", i); });
    Paths expected;
    for (int i = *rc::gen::inRange(1, 15); i > 0; --i) {
      Path path;
      for (int depth = *rc::gen::inRange(1, 7); depth > 0; --depth) path.push_back(*frame);
      expected[path] += *rc::gen::inRange(1, 1000);
    }
    const MergedProfile profile = folded(expected);
    std::vector<Step> steps;
    for (int i = *rc::gen::inRange(1, 5); i > 0; --i) {
      const std::string name = *rc::gen::elementOf(kNames);
      const std::string wanted = *frame;
      // Scales that follow each other round once; the model would twice.
      if (name == "scale" && !steps.empty() && steps.back().name == "scale") continue;
      expected = ModelRun(wanted).run(expected, name);
      const std::string argument = name == "invert" ? "true"
                                   : name == "join" ? wanted + ";f0"
                                                    : wanted;
      steps.push_back({name, name == "scale" ? "3/7*" + argument : argument});
    }
    const auto tree = tree_of(profile, steps);
    RC_ASSERT(paths_of(profile.symbols, tree) == expected);
    for (std::size_t row = 0; row < tree.size(); ++row)
      RC_ASSERT(tree.total[0][row] > 0 || row == 0);
  }));
}

}  // namespace
}  // namespace phlox::query
