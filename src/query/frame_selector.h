// FrameSelector: which functions an operator means. Two forms:
//
//     foo                                  functions of exactly this name
//     {name=~"get_.*",module!="shop"}      matchers as in a series' selector, on name, file,
//     module,
//                                          kind (python, native, kernel, synthetic) and line (the
//                                          function's first)
//
// A FramePath is the way to one node from the root: selectors joined by ';'. A name that holds a
// ';' is written as a matcher.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "profile/symbols.h"
#include "storage/selector.h"

namespace phlox::query {

class FrameSelector {
 public:
  // kInvalid says what was expected.
  static Result<FrameSelector> parse(std::string_view text);
  // For a search: a text without braces means functions whose name, file or module holds
  // it, in either case of letters.
  static Result<FrameSelector> parse_search(std::string_view text);

  bool matches(const profile::Symbols& symbols, profile::FunctionId function) const;
  // The same of all, by FunctionId.
  std::vector<bool> matching(const profile::Symbols& symbols) const;

 private:
  std::vector<storage::Matcher> all_of_;
  std::vector<storage::Matcher> any_of_;  // none: everything
};

using FramePath = std::vector<FrameSelector>;
Result<FramePath> parse_frame_path(std::string_view text);

}  // namespace phlox::query
