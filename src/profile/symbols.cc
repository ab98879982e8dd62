#include "profile/symbols.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>

#include "base/check.h"

namespace phlox::profile {
namespace {

constexpr std::string_view kTruncated = "[truncated]";

// The next id of a table, or the end of the world: 2^32 entries would need hundreds of gigabytes
// first.
template <class Id, class Table>
Id next_id(const Table& table) {
  PHLOX_CHECK(table.size() < UINT32_MAX);
  return id_at<Id>(table.size());
}

template <std::size_t N>
std::size_t hash_words(const std::array<std::uint32_t, N>& words) {
  return static_cast<std::size_t>(XXH3_64bits(words.data(), sizeof words));
}

template <class Id>
std::uint32_t word(Id id) {
  return static_cast<std::uint32_t>(id);
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
  return hash_words<5>({word(f.name), word(f.file), word(f.module), f.first_line, word(f.kind)});
}
template <>
std::size_t Symbols::HashOf<Frame>::operator()(const Frame& f) const {
  return hash_words<2>({word(f.function), f.line});
}
template <>
std::size_t Symbols::HashOf<StackNode>::operator()(const StackNode& n) const {
  return hash_words<2>({word(n.parent), word(n.frame)});
}

Symbols::Symbols() {
  strings_.emplace_back();
  string_ids_.emplace(strings_.back(), StringId::kEmpty);
  stacks_.emplace_back();  // the empty stack; never looked up by content
}

StringId Symbols::intern_string(std::string_view text) {
  if (const auto found = string_ids_.find(text); found != string_ids_.end()) return found->second;
  const auto id = next_id<StringId>(strings_);
  strings_.emplace_back(text);
  string_ids_.emplace(strings_.back(), id);
  return id;
}

FunctionId Symbols::intern_function(const Function& function) {
  const auto [entry, added] = function_ids_.try_emplace(function, next_id<FunctionId>(functions_));
  if (added) functions_.push_back(function);
  return entry->second;
}

FrameId Symbols::intern_frame(const Frame& frame) {
  const auto [entry, added] = frame_ids_.try_emplace(frame, next_id<FrameId>(frames_));
  if (added) frames_.push_back(frame);
  return entry->second;
}

StackId Symbols::intern_child(StackId parent, FrameId frame) {
  const StackNode node{parent, frame};
  const auto [entry, added] = stack_ids_.try_emplace(node, next_id<StackId>(stacks_));
  if (added) stacks_.push_back(node);
  return entry->second;
}

StackId Symbols::intern_stack(std::span<const FrameId> leaf_first) {
  StackId stack = StackId::kEmpty;
  if (leaf_first.size() > kMaxStackFrames) {
    stack = intern_child(stack, intern_synthetic(kTruncated));
    leaf_first = leaf_first.first(kMaxStackFrames);
  }
  for (auto frame = leaf_first.rbegin(); frame != leaf_first.rend(); ++frame) {
    stack = intern_child(stack, *frame);
  }
  return stack;
}

FrameId Symbols::intern_synthetic(std::string_view name) {
  return intern_frame(
      {.function = intern_function({.name = intern_string(name), .kind = FunctionKind::kSynthetic}),
       .line = 0});
}

SymbolsImport::SymbolsImport(const Symbols& from, Symbols& to)
    : from_(from),
      to_(to),
      strings_(from.string_count()),
      functions_(from.function_count()),
      frames_(from.frame_count()),
      stacks_(from.stack_count()) {
  stacks_[index_of(StackId::kEmpty)] = word(StackId::kEmpty) + 1;
}

StringId SymbolsImport::string(StringId id) {
  std::uint32_t& known = strings_[index_of(id)];
  if (known == 0) known = word(to_.intern_string(from_.string(id))) + 1;
  return id_at<StringId>(known - 1);
}

FunctionId SymbolsImport::function(FunctionId id) {
  std::uint32_t& known = functions_[index_of(id)];
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
  std::uint32_t& known = frames_[index_of(id)];
  if (known == 0) {
    const Frame& frame = from_.frame(id);
    known = word(to_.intern_frame({.function = function(frame.function), .line = frame.line})) + 1;
  }
  return id_at<FrameId>(known - 1);
}

StackId SymbolsImport::stack(StackId id) {
  std::uint32_t& known = stacks_[index_of(id)];
  if (known == 0) {
    const StackNode node = from_.stack(id);
    // Depth is bounded by kMaxStackFrames, so is this recursion.
    const StackId parent = stack(node.parent);
    known = word(to_.intern_child(parent, frame(node.frame))) + 1;
  }
  return id_at<StackId>(known - 1);
}

}  // namespace phlox::profile
