#include "query/function_band.h"

#include <algorithm>
#include <array>

namespace phlox::query {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// Remembers for each function and stack whether it matches; grows with the symbols.
class StackMatcher {
 public:
  StackMatcher(const profile::Symbols& symbols, const FunctionMatch& match)
      : symbols_(symbols),
        text_(match.is_whole_name ? match.text : lower(match.text)),
        is_whole_name_(match.is_whole_name) {}

  bool operator()(profile::StackId stack) {
    grow();
    return stacks_[profile::index_of(stack)];
  }

 private:
  void grow() {
    for (auto i = functions_.size(); i < symbols_.function_count(); ++i)
      functions_.push_back(matches(symbols_.function(static_cast<profile::FunctionId>(i))));
    if (stacks_.empty()) stacks_.push_back(false);  // the empty stack
    // A parent's id is smaller than its children's.
    for (auto i = stacks_.size(); i < symbols_.stack_count(); ++i) {
      const profile::StackNode& node = symbols_.stack(static_cast<profile::StackId>(i));
      stacks_.push_back(stacks_[profile::index_of(node.parent)] ||
                        functions_[profile::index_of(symbols_.frame(node.frame).function)]);
    }
  }

  bool matches(const profile::Function& function) const {
    if (is_whole_name_) return symbols_.string(function.name) == text_;
    return std::ranges::any_of(std::array{function.name, function.file, function.module},
                               [this](profile::StringId id) {
                                 return lower(symbols_.string(id)).find(text_) != std::string::npos;
                               });
  }

  const profile::Symbols& symbols_;
  std::string text_;
  bool is_whole_name_;
  std::vector<bool> functions_;
  std::vector<bool> stacks_;
};

}  // namespace

Result<std::vector<profile::Sum>> function_band(storage::Store& store, const Selection& selection,
                                                const PointPlan& plan, const FunctionMatch& match) {
  profile::Symbols symbols;
  StackMatcher is_matched(symbols, match);
  std::vector<profile::Sum> sums;
  for (const auto& tiles : plan.points) {
    PHLOX_TRY(const auto merged, store.merge(selection.selector, selection.type, tiles, symbols));
    profile::Sum& sum = sums.emplace_back();
    for (const auto& [stack, value] : merged.values)
      if (is_matched(stack)) sum += value;
  }
  return sums;
}

}  // namespace phlox::query
