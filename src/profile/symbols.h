// Symbols: every string, function, frame and stack trace that samples refer to, each stored once.
//
// Stacks form one prefix tree, root first, so that stacks which share their callers share their
// memory:
//
//     main;handle;foo          0 (empty) -- 1 main -- 2 handle -- 3 foo
//     main;handle;bar                                          \- 4 bar
//
// A StackId names a node; the stack trace is the path from the node (the leaf) up to the root. A
// parent's id is always smaller than its children's, so one backward pass over the ids sums totals.
//
// Owns all it returns. Appending is for one thread; tables only grow, so a reader that has seen a
// size may keep reading below it only while nobody appends. Interning costs one hash look-up per
// string, function, frame or stack node.
#pragma once

#include <boost/container/vector.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/zeroed_array.h"
#include "profile/id_subset.h"
#include "profile/ids.h"
#include "profile/text_arena.h"

namespace phlox::profile {

enum class FunctionKind : std::uint8_t { kPython, kNative, kKernel, kSynthetic };
std::string_view to_string(FunctionKind kind);  // "python", "native", "kernel", "synthetic"

struct Function {
  StringId name = StringId::kEmpty;    // qualified: Class.method, outer.<locals>.inner
  StringId file = StringId::kEmpty;    // as the program names it; "" if unknown
  StringId module = StringId::kEmpty;  // package, or the mapped file of native code
  std::uint32_t first_line = 0;        // 0 if unknown
  FunctionKind kind = FunctionKind::kPython;
  bool operator==(const Function&) const = default;
};

struct Frame {
  FunctionId function{};
  std::uint32_t line = 0;  // the line being executed; 0 if unknown
  bool operator==(const Frame&) const = default;
};

// Without a constructor, so that a large table can grow before anybody writes to it; {} is the
// empty stack.
struct StackNode {
  StackId parent;
  FrameId frame;
  bool operator==(const StackNode&) const = default;
};

// A stack deeper than this keeps its leaf side, below a root frame [truncated].
inline constexpr std::size_t kMaxStackFrames = 512;
inline constexpr std::string_view kTruncatedFrame = "[truncated]";

class Symbols {
 public:
  Symbols();
  Symbols(Symbols&&) noexcept = default;
  Symbols& operator=(Symbols&&) noexcept = default;

  StringId intern_string(std::string_view text);
  std::optional<StringId> find_string(std::string_view text);  // adds nothing
  FunctionId intern_function(const Function& function);
  FrameId intern_frame(const Frame& frame);
  StackId intern_child(StackId parent, FrameId frame);
  // Frames leaf first, as pprof and samplers have them; cut to kMaxStackFrames.
  StackId intern_stack(std::span<const FrameId> leaf_first);
  // A synthetic function such as [between samples], without file or line.
  FrameId intern_synthetic(std::string_view name);

  // Appends a row of a table that was written down in order, as it was: for loading. Nothing is
  // looked up or hashed, and what is there twice stays so; ids in it must be of rows before.
  StringId append_string(std::string_view text);
  FunctionId append_function(const Function& function);
  FrameId append_frame(const Frame& frame);
  // Appends so many without content, for any thread to write before anything else is asked of the
  // symbols. They are memory that nobody has touched: what of it is not needed and cut off again
  // costs nothing. Throws std::bad_alloc.
  std::span<StackNode> append_stacks(std::size_t count);
  void keep_first_stacks(std::size_t count) { stacks_.resize(count); }

  // Copies what these stacks of `from` need and renumbers them. Everything keeps its order. Hashes
  // nothing: costs a few loads a node. Each table of the copy is indexed when it is first interned
  // into.
  static Symbols extract(const Symbols& from, std::span<StackId> stacks);

  // Drops all other stacks, and frames and functions that only they use. Of each stack its callers
  // are kept too, also the empty one, and all of `stacks` is numbered: a stack has its place there
  // as its id afterwards. Frames and functions close up in the same way, strings stay. Costs some
  // nanoseconds a stack; what is left is indexed as appended rows are.
  void keep_only(const IdSubset<StackId>& stacks);

  // Empties all other strings: their ids mean "" from then on, and the text is a new one when it
  // comes again. Views of strings end. Costs a look-up for each string that is kept.
  void forget_strings(const IdSubset<StringId>& kept);

  // Indexes at most about `rows` of what was appended, which interning would do at once; false when
  // nothing is left to do.
  bool index_some(std::size_t rows);

  std::string_view string(StringId id) const { return strings_[index_of(id)]; }
  const Function& function(FunctionId id) const { return functions_[index_of(id)]; }
  const Frame& frame(FrameId id) const { return frames_[index_of(id)]; }
  const StackNode& stack(StackId id) const { return stacks_[index_of(id)]; }

  bool is_empty() const {
    return strings_.size() == 1 && functions_.empty() && stacks_.size() == 1;
  }
  std::size_t string_count() const { return strings_.size(); }
  std::size_t text_count() const { return text_count_; }  // strings that are not empty
  std::size_t function_count() const { return functions_.size(); }
  std::size_t frame_count() const { return frames_.size(); }
  std::size_t stack_count() const { return stacks_.size(); }  // nodes, with the empty stack

 private:
  template <class Key>
  struct HashOf {
    using is_avalanching = void;  // the map need not mix it again
    std::size_t operator()(const Key& key) const;
  };

  using GrowTwofold = boost::container::vector_options_t<
      boost::container::growth_factor<boost::container::growth_factor_100>>;

  // Indexes what of a table is not yet in its map, at some 50 ns a row.
  void index_strings(std::size_t rows = SIZE_MAX);
  void index_functions(std::size_t rows = SIZE_MAX);
  void index_frames(std::size_t rows = SIZE_MAX);
  void index_stacks(std::size_t rows = SIZE_MAX);

  TextArena texts_;
  std::vector<std::string_view> strings_;  // in texts_, as are the keys of string_ids_
  std::size_t text_count_ = 0;             // of strings that are not empty
  std::vector<Function> functions_;
  std::vector<Frame> frames_;
  boost::container::vector<StackNode, void, GrowTwofold> stacks_;
  // Flat: most of what ingest costs is finding what is known. Of stack nodes, only those that do
  // not follow their parent: the others, nine of ten, are found right behind it.
  boost::unordered_flat_map<std::string_view, StringId, HashOf<std::string_view>> string_ids_;
  boost::unordered_flat_map<Function, FunctionId, HashOf<Function>> function_ids_;
  boost::unordered_flat_map<Frame, FrameId, HashOf<Frame>> frame_ids_;
  boost::unordered_flat_map<StackNode, StackId, HashOf<StackNode>> stack_ids_;
  // How much of each table is in its map: all, but for what was appended or extracted.
  std::size_t strings_indexed_ = 1;
  std::size_t functions_indexed_ = 0;
  std::size_t frames_indexed_ = 0;
  std::size_t stacks_indexed_ = 1;
};

// Copies what stacks of `from` need into `to`, each string, function, frame and node once, and says
// where they are there. Keeps references to both, which may gain rows in between. Costs memory for
// what is copied, and for whichever pages of a table of `from` it lies on.
class SymbolsImport {
 public:
  SymbolsImport(const Symbols& from, Symbols& to);
  StackId stack(StackId id);
  FunctionId function(FunctionId id);

 private:
  StringId string(StringId id);
  FrameId frame(FrameId id);

  // Index in `from` to id in `to`, plus one; 0 is "not yet".
  using Ids = ZeroedArray<std::uint32_t>;
  static std::uint32_t& place(Ids& ids, std::size_t index, std::size_t rows);

  const Symbols& from_;
  Symbols& to_;
  Ids strings_, functions_, frames_, stacks_;
};

}  // namespace phlox::profile
