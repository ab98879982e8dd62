// Operators: what a query does with the whole call tree before anything is cut for a view. Each
// rewrites the stacks; they are applied in the order in which they are given.
//
//     contains=FRAMES    keeps the stacks that hold a frame meant by FRAMES
//     excludes=FRAMES    keeps the others
//     focus=PATH         keeps the stacks that begin with this path from the root
//     below=FRAMES       keeps the stacks that hold one, from the outermost one on: its callees
//     callers=FRAMES     the same stacks, from the outermost one back to the root: its callers
//     hide=FRAMES        takes the frames out; what they call is called by their callers
//     drop=FRAMES        takes the frames out with all they call; the value is their callers' own
//     merge=FRAMES       of frames that follow each other keeps the outermost
//     recursion=FRAMES   a function that is called below itself goes back to its outermost call
//     invert=true        turns the stacks around: leaves first
//     join=FRAMES;INTO   functions meant by FRAMES or INTO are one, shown as one meant by INTO
//     scale=FACTOR*FRAMES  what if these cost FACTOR times as much
//
// `join` is for a function that was renamed or moved between the two sides of a comparison. What
// its frames call stays below them, and callees that now have one caller are added up. Of several
// functions that INTO means, the first by name, file and module gives its name; while no frame of
// the tree is meant by INTO there is nothing to join with, and all stays as it is.
//
// Sums stay exact. `scale` rounds once for each stack (path of functions), half up, after
// multiplying the factors of the distinct chosen functions on it; scales that follow each other are
// one. A factor is a whole number, a decimal or a ratio of them: 0.25, 8000/75000.
#pragma once

#include <string_view>

#include "query/frame_selector.h"
#include "query/ratio.h"

namespace phlox::query {

inline constexpr std::size_t kMaxOperators = 64;

struct Operator {
  enum class Kind {
    kContains,
    kExcludes,
    kFocus,
    kBelow,
    kCallers,
    kHide,
    kDrop,
    kMerge,
    kRecursion,
    kInvert,
    kJoin,
    kScale
  };
  Kind kind = Kind::kContains;
  FramePath frames;  // one selector; of kFocus a path, of kInvert none, of kJoin FRAMES, INTO
  Ratio factor;      // of kScale
};

bool is_operator(std::string_view name);
// kInvalid for an argument that means nothing; the message names the operator.
Result<Operator> parse_operator(std::string_view name, std::string_view argument);

}  // namespace phlox::query
