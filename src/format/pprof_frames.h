// What both ways of decoding a pprof's stacks share (format/pprof.h): its functions as the message
// has them, and what a stack shares with the one before it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <ranges>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "format/pprof_tables.h"
#include "profile/function_kind.h"
#include "profile/symbols.h"

namespace phlox::format::pprof {

inline std::uint32_t line_number(std::int64_t line) {
  return line > 0 && line <= UINT32_MAX ? static_cast<std::uint32_t>(line) : 0;
}

inline Result<std::string_view> mapping_name(const RawTables& tables, const RawLocation& location) {
  if (location.mapping_id == 0) return std::string_view();
  const auto index = tables.mapping_index.find(location.mapping_id);
  if (!index) return Error::invalid("mapping id {} is not defined", location.mapping_id);
  return tables.string(tables.mappings[*index].filename);
}

// A function as the message has it.
struct FunctionText {
  std::string_view name;
  std::string_view file;
  std::string_view module;
  std::uint32_t first_line = 0;
  profile::FunctionKind kind = profile::FunctionKind::kPython;
};

inline profile::FunctionId intern(const FunctionText& text, profile::Symbols& symbols) {
  return symbols.intern_function({.name = symbols.intern_string(text.name),
                                  .file = symbols.intern_string(text.file),
                                  .module = symbols.intern_string(text.module),
                                  .first_line = text.first_line,
                                  .kind = text.kind});
}

// Which of a message's functions stands for a row of its table, by the mapping it is met in, on
// which kind and module depend.
class KnownFunctions {
 public:
  explicit KnownFunctions(const RawTables& tables)
      : tables_(tables), known_(tables.functions.size()), number_of_file_(tables.strings.size()) {}

  // add(const FunctionText&, file) -> profile::FunctionId, for one that is met for the first time.
  // `file` is kNoFile if a mapping has a say in its module, else a number of its file, from 0 on in
  // the order in which files are met.
  static constexpr std::uint32_t kNoFile = UINT32_MAX;
  template <class Add>
  [[gnu::always_inline]] Result<profile::FunctionId> of(const RawLine& line,
                                                        const RawLocation& location, Add add) {
    const auto index = tables_.function_index.find(line.function_id);
    if (!index) [[unlikely]]
      return Error::invalid("function id {} is not defined", line.function_id);
    // Indexes are of the message's own tables: no look at their bounds for each of thousands.
    Known& known = known_.data()[*index];
    if (known.is_known && known.mapping_id == location.mapping_id) return known.id;
    const RawFunction& raw = tables_.functions.data()[*index];
    FunctionText text{.name = tables_.text(raw.name != 0 ? raw.name : raw.system_name),
                      .file = tables_.text(raw.filename),
                      .first_line = line_number(raw.start_line)};
    std::string_view mapping;
    if (location.mapping_id != 0) {
      PHLOX_TRY(mapping, mapping_name(tables_, location));
    }
    std::uint32_t file = kNoFile;
    if (mapping.empty()) {
      file = file_number(raw.filename);
      text.module = modules_.data()[file];
    } else {
      text.module = profile::module_of(text.file, mapping);
    }
    text.kind = profile::kind_of(text.name, text.file, mapping);
    known = {.is_known = true, .mapping_id = location.mapping_id, .id = add(text, file)};
    return known.id;
  }

 private:
  struct Known {
    bool is_known = false;
    std::uint64_t mapping_id = 0;
    profile::FunctionId id{};
  };

  // What is found out about a file costs as much as all else of a function, so it is done once.
  std::uint32_t file_number(std::uint64_t file) {
    std::uint32_t& number = number_of_file_.data()[file];
    if (number == 0) {
      modules_.push_back(profile::module_of(tables_.text(file), {}));
      number = static_cast<std::uint32_t>(modules_.size());
    }
    return number - 1;
  }

  const RawTables& tables_;
  std::vector<Known> known_;
  std::vector<std::uint32_t> number_of_file_;  // + 1; by the index of its string
  std::vector<std::string_view> modules_;      // by the number of the file
};

// Code without a name: its address is one.
inline FunctionText function_at(std::string_view address, std::string_view mapping) {
  return {.name = address,
          .module = profile::module_of("", mapping),
          .kind = mapping.starts_with("[kernel") ? profile::FunctionKind::kKernel
                                                 : profile::FunctionKind::kNative};
}

// The frames that a stack shares with the one before it, root first: samples that follow each other
// often share their callers.
template <class Reached>
class SharedPath {
 public:
  // What the shared part reaches, with the rest of the frames still to come, leaf first.
  std::pair<Reached, std::span<const profile::FrameId>> share(
      std::span<const profile::FrameId> leaf_first) {
    const std::size_t most = std::min(path_.size(), leaf_first.size());
    const profile::FrameId* root = leaf_first.data() + leaf_first.size();
    const auto* const path = path_.data();
    std::size_t shared = 0;
    while (shared < most && path[shared].first == *--root) ++shared;
    path_.resize(shared);
    return {path_.empty() ? Reached{} : path_.back().second,
            leaf_first.first(leaf_first.size() - shared)};
  }
  // Then: reaches each of the rest, root first, by step(reached, frame) -> Reached; the last one is
  // the answer.
  template <class Step>
  Reached reach(Reached reached, std::span<const profile::FrameId> rest, Step step) {
    const std::size_t shared = path_.size();
    path_.resize(shared + rest.size());
    auto* at = path_.data() + shared;
    for (const profile::FrameId frame : std::views::reverse(rest)) {
      reached = step(reached, frame);
      *at++ = {frame, reached};
    }
    return reached;
  }

 private:
  std::vector<std::pair<profile::FrameId, Reached>> path_;
};

}  // namespace phlox::format::pprof
