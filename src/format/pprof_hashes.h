// The stacks of a pprof by their content hashes (profile/stack_source.h): what a push is decoded
// into.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "format/pprof_frames.h"
#include "profile/stack_source.h"

namespace phlox::format::pprof {

struct HashedFrame {
  profile::StackHash hash;
  profile::FunctionId function{};
  std::uint32_t line = 0;
};

// The stacks of a message by their hashes; texts look at the message, which is kept.
class HashedStacks final : public profile::StackSource {
 public:
  explicit HashedStacks(std::string message) : message_(std::move(message)) {}

  const PaddedMessage& message() const { return message_; }

  const profile::StackHash& hash(profile::StackId stack) const override {
    return hashes_[profile::index_of(stack)];
  }
  std::unique_ptr<profile::StackImporter> importer(profile::Symbols& to) const override;

  std::span<const profile::FrameId> leaf_first(profile::StackId stack) const {
    const std::size_t index = profile::index_of(stack);
    const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
    return std::span(frames_of_stacks_).subspan(begin, ends_[index] - begin);
  }
  // Of an id that came from add.
  const HashedFrame& frame(profile::FrameId id) const {
    return frames_.data()[profile::index_of(id)];
  }
  const FunctionText& function(profile::FunctionId id) const {
    return functions_[profile::index_of(id)];
  }
  std::size_t frame_count() const { return frames_.size(); }
  std::size_t function_count() const { return functions_.size(); }

  profile::FunctionId add(const FunctionText& function) {
    functions_.push_back(function);
    return profile::id_at<profile::FunctionId>(functions_.size() - 1);
  }
  profile::FrameId add(const HashedFrame& frame) {
    frames_.push_back(frame);
    return profile::id_at<profile::FrameId>(frames_.size() - 1);
  }
  profile::StackId add(std::span<const profile::FrameId> leaf_first,
                       const profile::StackHash& hash) {
    frames_of_stacks_.insert(frames_of_stacks_.end(), leaf_first.begin(), leaf_first.end());
    ends_.push_back(frames_of_stacks_.size());
    hashes_.push_back(hash);
    return profile::id_at<profile::StackId>(hashes_.size() - 1);
  }
  // What is not used of it is never touched.
  void reserve(std::size_t functions, std::size_t frames, std::size_t stacks,
               std::size_t frames_of_stacks) {
    frames_of_stacks_.reserve(frames_of_stacks);
    functions_.reserve(functions);
    frames_.reserve(frames);
    ends_.reserve(stacks + 1);
    hashes_.reserve(stacks + 1);
  }
  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }

 private:
  const PaddedMessage message_;
  std::deque<std::string> texts_;  // that are not in the message
  std::vector<FunctionText> functions_;
  std::vector<HashedFrame> frames_;
  std::vector<profile::FrameId> frames_of_stacks_;  // one stack after the other, leaf first
  std::vector<std::size_t> ends_ = {0};  // by stack, in frames_of_stacks_; the empty stack first
  std::vector<profile::StackHash> hashes_ = {profile::StackHash()};  // by stack
};

// Hashes what samples refer to.
class HashBuilder {
 public:
  HashBuilder(const RawTables& tables, HashedStacks& stacks)
      : tables_(tables), stacks_(stacks), functions_(tables) {
    // An id of a location takes two bytes, but for the first of them.
    stacks_.reserve(tables.functions.size(), tables.locations.size(), tables.samples.size(),
                    tables.sample_bytes() / 2);
    hashes_of_functions_.reserve(tables.functions.size());
  }

  [[gnu::always_inline]] Result<profile::FrameId> frame_of_line(const RawLine& line,
                                                                const RawLocation& location) {
    PHLOX_TRY(const profile::FunctionId function,
              functions_.of(line, location, [this](const FunctionText& text, std::uint32_t file) {
                return file == KnownFunctions::kNoFile ? add(text)
                                                       : add(text, hashes_of(file, text));
              }));
    return frame(function, line_number(line.line));
  }
  profile::FrameId frame_of_address(const RawLocation& location) {
    const auto mapping = mapping_name(tables_, location).value_or(std::string_view());
    const auto address = stacks_.keep(fmt::format("{:#x}", location.address));
    return frame(add(function_at(address, mapping)), 0);
  }
  profile::StackId stack(std::span<const profile::FrameId> leaf_first) {
    if (leaf_first.empty()) return profile::StackId::kEmpty;
    if (leaf_first.size() > profile::kMaxStackFrames) {
      cut_.assign(leaf_first.begin(), leaf_first.begin() + profile::kMaxStackFrames);
      cut_.push_back(truncated());
      leaf_first = cut_;
    }
    const auto [shared, rest] = path_.share(leaf_first);
    return stacks_.add(
        leaf_first, path_.reach(shared, rest, [this](const auto& parent, profile::FrameId frame) {
          return hasher_.child(parent, stacks_.frame(frame).hash);
        }));
  }

 private:
  struct FileHashes {
    profile::StackHash path;
    profile::StackHash module;
  };
  FileHashes hashes_of(const FunctionText& text) const {
    return {.path = hasher_.text(text.file), .module = hasher_.text(text.module)};
  }
  const FileHashes& hashes_of(std::uint32_t file, const FunctionText& text) {
    if (file == hashes_of_files_.size()) hashes_of_files_.push_back(hashes_of(text));
    return hashes_of_files_.data()[file];
  }
  profile::FunctionId add(const FunctionText& text, const FileHashes& file) {
    hashes_of_functions_.push_back(hasher_.function(hasher_.text(text.name), file.path, file.module,
                                                    text.first_line, text.kind));
    return stacks_.add(text);
  }
  profile::FunctionId add(const FunctionText& text) { return add(text, hashes_of(text)); }
  [[gnu::always_inline]] profile::FrameId frame(profile::FunctionId function, std::uint32_t line) {
    const profile::StackHash& hash = hashes_of_functions_.data()[profile::index_of(function)];
    return stacks_.add({.hash = hasher_.frame(hash, line), .function = function, .line = line});
  }
  profile::FrameId truncated() {
    if (!truncated_)
      truncated_ = frame(add(FunctionText{.name = profile::kTruncatedFrame,
                                          .kind = profile::FunctionKind::kSynthetic}),
                         0);
    return *truncated_;
  }

  const RawTables& tables_;
  HashedStacks& stacks_;
  KnownFunctions functions_;
  const profile::StackHasher hasher_;
  std::vector<FileHashes> hashes_of_files_;  // by the number of the file
  std::vector<profile::StackHash> hashes_of_functions_;
  SharedPath<profile::StackHash> path_;
  std::vector<profile::FrameId> cut_;  // a stack that is too deep
  std::optional<profile::FrameId> truncated_;
};

}  // namespace phlox::format::pprof
