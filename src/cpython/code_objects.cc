#include "cpython/code_objects.h"

#include <algorithm>

#include "cpython/line_table.h"
#include "cpython/object_shapes.h"

namespace phlox::cpython {

using process::ReadRange;
using process::RemoteAddress;

namespace {

constexpr std::size_t kMaxCodeObjectBytes = 512;

}  // namespace

CodeObjects::CodeObjects(const Layout& layout, const process::MemoryReader& memory)
    : layout_(layout),
      memory_(memory),
      objects_(layout, memory),
      object_bytes_(std::max({layout.object_type, layout.code_qualname, layout.code_filename,
                              layout.code_line_table, layout.code_first_line}) +
                    sizeof(RemoteAddress)) {}

CodeObjects::Fingerprint CodeObjects::fingerprint_of(std::span<const std::byte> object) const {
  return {.type = load_at<RemoteAddress>(object, layout_.object_type),
          .qualified_name = load_at<RemoteAddress>(object, layout_.code_qualname),
          .file = load_at<RemoteAddress>(object, layout_.code_filename),
          .line_table = load_at<RemoteAddress>(object, layout_.code_line_table),
          .first_line = load_at<std::uint32_t>(object, layout_.code_first_line)};
}

// The type of code objects is the one called "code"; looked up once a process.
bool CodeObjects::is_code_type(RemoteAddress type) {
  if (code_type_ != RemoteAddress::kNull) return type == code_type_;
  RemoteAddress name{};
  std::array<char, 5> text{};
  if (!memory_.read_value(type + layout_.type_name, name) || !memory_.read_value(name, text))
    return false;
  if (std::string_view(text.data(), text.size()) != std::string_view("code\0", 5)) return false;
  code_type_ = type;
  return true;
}

bool CodeObjects::read_entry(RemoteAddress address, Entry& entry) {
  std::array<std::byte, kMaxCodeObjectBytes> buffer;
  if (object_bytes_ > buffer.size()) return false;
  const auto object = std::span(buffer).first(object_bytes_);
  if (!memory_.read(address, object)) return false;
  entry.fingerprint = fingerprint_of(object);
  if (!is_code_type(entry.fingerprint.type)) return false;
  entry.code.first_line = entry.fingerprint.first_line;
  if (!objects_.read_string(entry.fingerprint.qualified_name, kMaxStringChars,
                            entry.code.qualified_name) ||
      !objects_.read_string(entry.fingerprint.file, kMaxStringChars, entry.code.file) ||
      !objects_.read_bytes(entry.fingerprint.line_table, kMaxLineTableBytes, entry.code.line_table))
    return false;
  // The shim's file is called like itself, which no file of a program is.
  entry.code.is_shim = entry.code.file == "__init__" && entry.code.qualified_name == "__init__";
  return true;
}

const Code* CodeObjects::find(RemoteAddress address) {
  if (const auto known = entries_.find(address); known != entries_.end())
    return &known->second.code;
  Entry entry;
  if (!read_entry(address, entry)) return nullptr;
  return &entries_.emplace(address, std::move(entry)).first->second.code;
}

std::vector<RemoteAddress> CodeObjects::changed(std::span<const RemoteAddress> addresses) {
  const std::size_t size = object_bytes_;
  std::vector<std::byte> objects(addresses.size() * size);
  std::vector<RemoteAddress> changed;
  for (std::size_t next = 0; next < addresses.size();) {
    std::vector<ReadRange> ranges;
    for (std::size_t i = next; i < addresses.size(); ++i)
      ranges.push_back({addresses[i], std::span(objects).subspan(i * size, size)});
    const std::size_t readable = memory_.read_ranges(ranges);
    for (std::size_t i = next; i < next + readable; ++i) {
      const auto known = entries_.find(addresses[i]);
      const auto object = std::span(objects).subspan(i * size, size);
      if (known != entries_.end() && known->second.fingerprint == fingerprint_of(object)) continue;
      changed.push_back(addresses[i]);
    }
    next += readable;
    // What stopped the read is gone; the rest is asked for again without it.
    if (next < addresses.size()) changed.push_back(addresses[next++]);
  }
  for (const RemoteAddress address : changed) entries_.erase(address);
  return changed;
}

std::uint32_t CodeObjects::line(const Code& code, std::int32_t offset) const {
  const std::int64_t bytes = std::int64_t{offset} - layout_.code_instructions;
  const LineTableFormat format = line_table_format(layout_);
  // Division towards minus infinity: an instruction pointer just before the first instruction is
  // unit -1.
  return line_of(format, code.line_table, code.first_line,
                 bytes < 0 ? -1 : bytes / code_unit_bytes(format));
}

}  // namespace phlox::cpython
