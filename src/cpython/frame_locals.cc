#include "cpython/frame_locals.h"

#include <fmt/format.h>

#include <array>
#include <span>

namespace phlox::cpython {

using process::ReadRange;
using process::RemoteAddress;

namespace {

// Of an address in a frame or a frame's variable (from 3.14 on _PyStackRef).
RemoteAddress without_tag(RemoteAddress address, std::uint32_t tag) {
  return RemoteAddress{to_number(address) & ~std::uint64_t{tag}};
}

}  // namespace

void FrameLocals::add_names(RemoteAddress tuple, Names& names) const {
  ObjectReader::Items items;
  if (!objects_.read_tuple(tuple, kMaxLocals - names.first.size(), items)) return;
  names.more += items.count - items.first.size();
  for (const RemoteAddress item : items.first) {
    std::string& name = names.first.emplace_back();
    if (!objects_.read_string(item, kMaxLocalNameChars, name)) name = "?";
  }
}

const FrameLocals::Names& FrameLocals::names_of(RemoteAddress code) {
  const auto [entry, is_new] = names_.try_emplace(code);
  if (!is_new) return entry->second;
  for (const std::uint32_t member :
       {layout_.code_local_names, layout_.code_cell_names, layout_.code_free_names})
    if (member != kNone) add_names(objects_.pointer_at(code + member), entry->second);
  return entry->second;
}

// What a variable that is kept in a cell has for a value: a cell is never one itself, unless
// somebody took it out of a closure.
RemoteAddress FrameLocals::out_of_cell(RemoteAddress object) const {
  if (objects_.type_name_of(object) != "cell") return object;
  return objects_.pointer_at(object + layout_.cell_contents);
}

std::vector<Local> FrameLocals::read(RemoteAddress frame, RemoteAddress code) {
  const Names& names = names_of(code);
  RemoteAddress runs{};
  std::array<RemoteAddress, kMaxLocals> buffer;
  const auto values = std::span(buffer).first(names.first.size());
  const std::array ranges = {
      ReadRange{frame + layout_.frame_code, std::as_writable_bytes(std::span(&runs, 1))},
      ReadRange{frame + layout_.frame_locals, std::as_writable_bytes(values)}};
  std::vector<Local> locals;
  if (values.empty() || memory_.read_ranges(ranges) != ranges.size() ||
      without_tag(runs, layout_.frame_code_tag) != code)
    return locals;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const RemoteAddress value = out_of_cell(without_tag(values[i], layout_.frame_code_tag));
    if (value != RemoteAddress::kNull) locals.push_back({names.first[i], text_.of(value)});
  }
  if (names.more > 0) locals.push_back({"...", fmt::format("{} more", names.more)});
  return locals;
}

}  // namespace phlox::cpython
