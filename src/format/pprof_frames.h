// What both ways of decoding a pprof's stacks share (format/pprof.h): its functions as the message
// has them, and what a stack shares with the one before it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
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
      : tables_(tables), known_(tables.functions.size()), modules_(tables.strings.size()) {}

  // add(FunctionText, const RawFunction&) -> profile::FunctionId, for one that is met for the first
  // time.
  template <class Add>
  Result<profile::FunctionId> of(const RawLine& line, const RawLocation& location, Add add) {
    const auto index = tables_.function_index.find(line.function_id);
    if (!index) return Error::invalid("function id {} is not defined", line.function_id);
    Known& known = known_[*index];
    if (known.is_known && known.mapping_id == location.mapping_id) return known.id;
    PHLOX_TRY(const std::string_view mapping, mapping_name(tables_, location));
    const RawFunction& raw = tables_.functions[*index];
    const std::string_view name = tables_.text(raw.name != 0 ? raw.name : raw.system_name);
    const std::string_view file = tables_.text(raw.filename);
    known = {.is_known = true,
             .mapping_id = location.mapping_id,
             .id = add(FunctionText{.name = name,
                                    .file = file,
                                    .module = module_of(raw.filename, mapping),
                                    .first_line = line_number(raw.start_line),
                                    .kind = profile::kind_of(name, file, mapping)},
                       raw)};
    return known.id;
  }

 private:
  struct Known {
    bool is_known = false;
    std::uint64_t mapping_id = 0;
    profile::FunctionId id{};
  };

  // Found once for a file that no mapping has a say in: it costs as much as all else of a function.
  std::string_view module_of(std::uint64_t file, std::string_view mapping) {
    if (!mapping.empty()) return profile::module_of(tables_.text(file), mapping);
    std::optional<std::string_view>& known = modules_[file];
    if (!known) known = profile::module_of(tables_.text(file), {});
    return *known;
  }

  const RawTables& tables_;
  std::vector<Known> known_;
  std::vector<std::optional<std::string_view>> modules_;  // by file, an index of a string
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
  void add(profile::FrameId frame, const Reached& reached) { path_.emplace_back(frame, reached); }

 private:
  std::vector<std::pair<profile::FrameId, Reached>> path_;
};

}  // namespace phlox::format::pprof
