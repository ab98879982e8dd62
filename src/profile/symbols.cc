#include "profile/symbols.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <ranges>

#include "base/check.h"
#include "base/fold.h"
#include "profile/id_subset.h"

namespace phlox::profile {
namespace {

// The next id of a table, or the end of the world: 2^32 entries would need hundreds of gigabytes
// first.
template <class Id, class Table>
Id next_id(const Table& table) {
  PHLOX_CHECK(table.size() < UINT32_MAX);
  return id_at<Id>(table.size());
}

// At most `rows` of them.
template <class Id, class Table, class Map>
void index_rows(const Table& table, std::size_t& indexed, Map& ids, std::size_t distinct,
                std::size_t rows = SIZE_MAX) {
  if (indexed == table.size()) [[likely]]
    return;
  ids.reserve(distinct);
  const std::size_t end = indexed + std::min(rows, table.size() - indexed);
  for (; indexed < end; ++indexed) ids.emplace(table[indexed], id_at<Id>(indexed));
}

// Whether a node stands right behind its parent, as those of a new stack do but for the first.
bool follows_parent(const StackNode& node, std::size_t index) {
  return index_of(node.parent) + 1 == index;
}

template <class Table>
void shrink(Table& table, std::size_t size) {
  table.resize(size);
  table.shrink_to_fit();
}

template <class Id>
std::uint32_t word(Id id) {
  return static_cast<std::uint32_t>(id);
}

// Digits of pi, so that small numbers do not give small products.
constexpr std::uint64_t kMix0 = 0x243F6A8885A308D3;
constexpr std::uint64_t kMix1 = 0x13198A2E03707344;
constexpr std::uint64_t kMix2 = 0xA4093822299F31D1;

std::uint64_t both(std::uint32_t high, std::uint32_t low) {
  return std::uint64_t{high} << 32 | low;
}

}  // namespace

std::string_view to_string(FunctionKind kind) {
  switch (kind) {
    case FunctionKind::kPython:
      return "python";
    case FunctionKind::kNative:
      return "native";
    case FunctionKind::kKernel:
      return "kernel";
    case FunctionKind::kSynthetic:
      return "synthetic";
  }
  return "unknown";
}

template <>
std::size_t Symbols::HashOf<std::string_view>::operator()(const std::string_view& text) const {
  return static_cast<std::size_t>(XXH3_64bits(text.data(), text.size()));
}
template <>
std::size_t Symbols::HashOf<Function>::operator()(const Function& f) const {
  const std::uint64_t place =
      fold(both(word(f.module), f.first_line) ^ kMix1, word(f.kind) ^ kMix2);
  return fold(both(word(f.name), word(f.file)) ^ kMix0, place);
}
template <>
std::size_t Symbols::HashOf<Frame>::operator()(const Frame& f) const {
  return fold(both(word(f.function), f.line) ^ kMix0, kMix1);
}
template <>
std::size_t Symbols::HashOf<StackNode>::operator()(const StackNode& n) const {
  return fold(both(word(n.parent), word(n.frame)) ^ kMix0, kMix2);
}

Symbols::Symbols() {
  strings_.emplace_back();
  string_ids_.emplace(strings_.back(), StringId::kEmpty);
  stacks_.emplace_back();  // the empty stack; never looked up by content
}

StringId Symbols::append_string(std::string_view text) {
  const auto id = next_id<StringId>(strings_);
  strings_.push_back(texts_.add(text));
  if (!text.empty()) ++text_count_;
  return id;
}

FunctionId Symbols::append_function(const Function& function) {
  const auto id = next_id<FunctionId>(functions_);
  functions_.push_back(function);
  return id;
}

FrameId Symbols::append_frame(const Frame& frame) {
  const auto id = next_id<FrameId>(frames_);
  frames_.push_back(frame);
  return id;
}

std::span<StackNode> Symbols::append_stacks(std::size_t count) {
  const std::size_t before = stacks_.size();
  PHLOX_CHECK(count <= UINT32_MAX - before);
  // With room for more: what comes next would else copy all of it.
  stacks_.reserve(std::bit_ceil(before + count));
  stacks_.resize(before + count, boost::container::default_init);
  return std::span(stacks_).subspan(before);
}

StringId Symbols::intern_string(std::string_view text) {
  index_strings();
  if (const auto found = string_ids_.find(text); found != string_ids_.end()) return found->second;
  const StringId id = append_string(text);
  string_ids_.emplace(strings_.back(), id);
  strings_indexed_ = strings_.size();
  return id;
}

std::optional<StringId> Symbols::find_string(std::string_view text) {
  index_strings();
  const auto found = string_ids_.find(text);
  return found == string_ids_.end() ? std::nullopt : std::optional(found->second);
}

FunctionId Symbols::intern_function(const Function& function) {
  index_functions();
  const auto [entry, added] = function_ids_.try_emplace(function, next_id<FunctionId>(functions_));
  if (added) {
    functions_.push_back(function);
    functions_indexed_ = functions_.size();
  }
  return entry->second;
}

FrameId Symbols::intern_frame(const Frame& frame) {
  index_frames();
  const auto [entry, added] = frame_ids_.try_emplace(frame, next_id<FrameId>(frames_));
  if (added) {
    frames_.push_back(frame);
    frames_indexed_ = frames_.size();
  }
  return entry->second;
}

StackId Symbols::intern_child(StackId parent, FrameId frame) {
  index_stacks();
  const StackNode node{parent, frame};
  const auto next = next_id<StackId>(stacks_);
  // The last node has no children yet.
  if (const std::size_t behind = index_of(parent) + 1; behind < stacks_.size()) {
    if (stacks_[behind] == node) return id_at<StackId>(behind);
    const auto [entry, added] = stack_ids_.try_emplace(node, next);
    if (!added) return entry->second;
  }
  stacks_.push_back(node);
  stacks_indexed_ = stacks_.size();
  return next;
}

StackId Symbols::intern_stack(std::span<const FrameId> leaf_first) {
  StackId stack = StackId::kEmpty;
  if (leaf_first.size() > kMaxStackFrames) {
    stack = intern_child(stack, intern_synthetic(kTruncatedFrame));
    leaf_first = leaf_first.first(kMaxStackFrames);
  }
  for (const FrameId frame : leaf_first | std::views::reverse) stack = intern_child(stack, frame);
  return stack;
}

FrameId Symbols::intern_synthetic(std::string_view name) {
  return intern_frame(
      {.function = intern_function({.name = intern_string(name), .kind = FunctionKind::kSynthetic}),
       .line = 0});
}

void Symbols::index_strings(std::size_t rows) {
  index_rows<StringId>(strings_, strings_indexed_, string_ids_, text_count_ + 1, rows);
}
void Symbols::index_functions(std::size_t rows) {
  index_rows<FunctionId>(functions_, functions_indexed_, function_ids_, functions_.size(), rows);
}
void Symbols::index_frames(std::size_t rows) {
  index_rows<FrameId>(frames_, frames_indexed_, frame_ids_, frames_.size(), rows);
}
void Symbols::index_stacks(std::size_t rows) {
  if (stacks_indexed_ == stacks_.size()) [[likely]]
    return;
  const std::size_t end = stacks_indexed_ + std::min(rows, stacks_.size() - stacks_indexed_);
  for (std::size_t& i = stacks_indexed_; i < end; ++i) {
    if (!follows_parent(stacks_[i], i)) stack_ids_.emplace(stacks_[i], id_at<StackId>(i));
  }
}

bool Symbols::index_some(std::size_t rows) {
  index_strings(rows);
  index_functions(rows);
  index_frames(rows);
  index_stacks(rows);
  return strings_indexed_ < strings_.size() || functions_indexed_ < functions_.size() ||
         frames_indexed_ < frames_.size() || stacks_indexed_ < stacks_.size();
}

Symbols Symbols::extract(const Symbols& from, std::span<StackId> stacks) {
  IdSubset<StackId> kept_stacks(from.stack_count());
  IdSubset<FrameId> kept_frames(from.frame_count());
  IdSubset<FunctionId> kept_functions(from.function_count());
  IdSubset<StringId> kept_strings(from.string_count());
  kept_stacks.add(StackId::kEmpty);
  for (StackId stack : stacks) {
    for (; kept_stacks.add(stack); stack = from.stack(stack).parent)
      kept_frames.add(from.stack(stack).frame);
  }
  kept_frames.each([&](FrameId id) { kept_functions.add(from.frame(id).function); });
  kept_strings.add(StringId::kEmpty);
  kept_functions.each([&](FunctionId id) {
    const Function& function = from.function(id);
    for (const StringId text : {function.name, function.file, function.module})
      kept_strings.add(text);
  });
  kept_stacks.number();
  kept_frames.number();
  kept_functions.number();
  kept_strings.number();

  Symbols to;
  to.string_ids_.clear();
  to.strings_indexed_ = 0;
  to.strings_.clear();
  kept_strings.each([&](StringId id) { to.append_string(from.string(id)); });
  to.functions_.reserve(kept_functions.size());
  kept_functions.each([&](FunctionId id) {
    Function function = from.function(id);
    for (StringId* text : {&function.name, &function.file, &function.module})
      *text = kept_strings.place(*text);
    to.functions_.push_back(function);
  });
  to.frames_.reserve(kept_frames.size());
  kept_frames.each([&](FrameId id) {
    const Frame& frame = from.frame(id);
    to.frames_.push_back({.function = kept_functions.place(frame.function), .line = frame.line});
  });
  to.stacks_.clear();
  to.stacks_.reserve(kept_stacks.size());
  kept_stacks.each([&](StackId id) {
    const StackNode& node = from.stack(id);
    // The empty stack has no frame: its place may be beyond the end.
    to.stacks_.push_back(id == StackId::kEmpty ? StackNode()
                                               : StackNode{kept_stacks.place(node.parent),
                                                           kept_frames.place(node.frame)});
  });
  for (StackId& stack : stacks) stack = kept_stacks.place(stack);
  return to;
}

void Symbols::keep_only(const IdSubset<StackId>& stacks) {
  IdSubset<FrameId> kept_frames(frames_.size());
  IdSubset<FunctionId> kept_functions(functions_.size());
  stacks.each([&](StackId id) {
    if (id != StackId::kEmpty) kept_frames.add(stack(id).frame);
  });
  kept_frames.each([&](FrameId id) { kept_functions.add(frame(id).function); });
  kept_frames.number();
  kept_functions.number();

  // No row moves up, so each is read before its place is taken.
  std::size_t kept = 0;
  kept_functions.each([&](FunctionId id) { functions_[kept++] = function(id); });
  shrink(functions_, kept);
  kept = 0;
  kept_frames.each([&](FrameId id) {
    frames_[kept++] = {.function = kept_functions.place(frame(id).function),
                       .line = frame(id).line};
  });
  shrink(frames_, kept);
  kept = 1;
  stacks.each([&](StackId id) {
    if (id == StackId::kEmpty) return;
    const StackNode& node = stack(id);
    stacks_[kept++] = {.parent = stacks.place(node.parent), .frame = kept_frames.place(node.frame)};
  });
  shrink(stacks_, kept);

  function_ids_ = {};
  frame_ids_ = {};
  stack_ids_ = {};
  functions_indexed_ = 0;
  frames_indexed_ = 0;
  stacks_indexed_ = 1;
}

void Symbols::forget_strings(const IdSubset<StringId>& kept) {
  TextArena texts;
  string_ids_ = {};
  string_ids_.emplace(std::string_view(), StringId::kEmpty);
  text_count_ = 0;
  for (std::size_t i = 1; i < strings_.size(); ++i) {
    const auto id = id_at<StringId>(i);
    strings_[i] = kept.has(id) ? texts.add(strings_[i]) : std::string_view();
    if (strings_[i].empty()) continue;
    string_ids_.emplace(strings_[i], id);
    ++text_count_;
  }
  strings_indexed_ = strings_.size();
  texts_ = std::move(texts);
}

SymbolsImport::SymbolsImport(const Symbols& from, Symbols& to) : from_(from), to_(to) {}

std::uint32_t& SymbolsImport::place(Ids& ids, std::size_t index, std::size_t rows) {
  if (index >= ids.size()) [[unlikely]] {
    Ids larger(rows);
    std::copy_n(ids.data(), ids.size(), larger.data());
    ids = std::move(larger);
  }
  return ids[index];
}

StringId SymbolsImport::string(StringId id) {
  std::uint32_t& known = place(strings_, index_of(id), from_.string_count());
  if (known == 0) known = word(to_.intern_string(from_.string(id))) + 1;
  return id_at<StringId>(known - 1);
}

FunctionId SymbolsImport::function(FunctionId id) {
  std::uint32_t& known = place(functions_, index_of(id), from_.function_count());
  if (known == 0) {
    Function copy = from_.function(id);
    copy.name = string(copy.name);
    copy.file = string(copy.file);
    copy.module = string(copy.module);
    known = word(to_.intern_function(copy)) + 1;
  }
  return id_at<FunctionId>(known - 1);
}

FrameId SymbolsImport::frame(FrameId id) {
  std::uint32_t& known = place(frames_, index_of(id), from_.frame_count());
  if (known == 0) {
    const Frame& frame = from_.frame(id);
    known = word(to_.intern_frame({.function = function(frame.function), .line = frame.line})) + 1;
  }
  return id_at<FrameId>(known - 1);
}

StackId SymbolsImport::stack(StackId id) {
  if (id == StackId::kEmpty) return id;
  std::uint32_t& known = place(stacks_, index_of(id), from_.stack_count());
  if (known == 0) {
    const StackNode& copied = from_.stack(id);
    // Depth is bounded by kMaxStackFrames, so is this recursion. A parent comes before, so the
    // table does not move.
    const StackId parent = stack(copied.parent);
    known = word(to_.intern_child(parent, frame(copied.frame))) + 1;
  }
  return id_at<StackId>(known - 1);
}

}  // namespace phlox::profile
