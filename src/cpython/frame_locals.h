// FrameLocals: the local variables of a frame, by name and as text. Those of functions, with their
// cells and free variables; a module or class body has its variables in a dict, which is not read.
//
// Values are read one after the other while the program runs on: of a thread that sleeps all the
// while they are of one instant.
//
// To 3.10 a frame object has locals, cells of its own and cells of enclosing functions, one after
// the other; from 3.11 on a frame has all in one array, a variable in a cell at its own place.
//
// One process; one thread at a time. Not the hot path: some 10 us a variable.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "cpython/object_reader.h"
#include "cpython/object_text.h"

namespace phlox::cpython {

struct Local {
  std::string name;
  std::string value;  // ObjectText
};

inline constexpr std::size_t kMaxLocals = 200;  // of a frame; the rest is counted as "..."
inline constexpr std::size_t kMaxLocalNameChars = 100;

class FrameLocals {
 public:
  // Both must outlive it.
  FrameLocals(const Layout& layout, const process::MemoryReader& memory)
      : layout_(layout), memory_(memory), objects_(layout, memory), text_(layout, memory) {}

  // Of the frame at `frame`, without variables that have no value now; none if it no longer runs
  // `code`.
  std::vector<Local> read(process::RemoteAddress frame, process::RemoteAddress code);

 private:
  struct Names {
    std::vector<std::string> first;  // by their place in the frame
    std::uint64_t more = 0;
  };

  const Names& names_of(process::RemoteAddress code);
  void add_names(process::RemoteAddress tuple, Names& names) const;
  process::RemoteAddress out_of_cell(process::RemoteAddress object) const;

  const Layout& layout_;
  const process::MemoryReader& memory_;
  const ObjectReader objects_;
  const ObjectText text_;
  std::unordered_map<process::RemoteAddress, Names> names_;  // by code object
};

}  // namespace phlox::cpython
