#include "cpython/code_objects.h"

#include <algorithm>
#include <cstring>

#include "cpython/line_table.h"

namespace phlox::cpython {

using process::ReadRange;
using process::RemoteAddress;

namespace {

constexpr std::size_t kMaxCodeObjectBytes = 512;
constexpr std::size_t kMaxStringHeaderBytes = 128;

template <class T>
T load(std::span<const std::byte> bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.subspan(at, sizeof value).data(), sizeof value);
  return value;
}

void append_utf8(std::string& out, std::uint32_t c) {
  constexpr std::uint32_t kReplacement = 0xFFFD;
  if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
    c = kReplacement;  // Python strings may hold lone surrogates
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) return put(c);
  if (c < 0x800) return put(0xC0 | c >> 6), put(0x80 | (c & 0x3F));
  if (c < 0x10000) return put(0xE0 | c >> 12), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
  put(0xF0 | c >> 18), put(0x80 | (c >> 12 & 0x3F)), put(0x80 | (c >> 6 & 0x3F)),
      put(0x80 | (c & 0x3F));
}

// Characters of 1, 2 or 4 bytes (PEP 393) to UTF-8.
std::string to_utf8(std::span<const std::byte> data, std::size_t char_bytes) {
  std::string text;
  text.reserve(data.size());
  for (std::size_t i = 0; i + char_bytes <= data.size(); i += char_bytes) {
    switch (char_bytes) {
      case 1:
        append_utf8(text, load<std::uint8_t>(data, i));
        break;
      case 2:
        append_utf8(text, load<std::uint16_t>(data, i));
        break;
      default:
        append_utf8(text, load<std::uint32_t>(data, i));
        break;
    }
  }
  return text;
}

}  // namespace

CodeObjects::CodeObjects(const Layout& layout, const process::MemoryReader& memory)
    : layout_(layout),
      memory_(memory),
      object_bytes_(std::max({layout.object_type, layout.code_qualname, layout.code_filename,
                              layout.code_line_table, layout.code_first_line}) +
                    sizeof(RemoteAddress)) {}

CodeObjects::Fingerprint CodeObjects::fingerprint_of(std::span<const std::byte> object) const {
  return {.type = load<RemoteAddress>(object, layout_.object_type),
          .qualified_name = load<RemoteAddress>(object, layout_.code_qualname),
          .file = load<RemoteAddress>(object, layout_.code_filename),
          .line_table = load<RemoteAddress>(object, layout_.code_line_table),
          .first_line = load<std::uint32_t>(object, layout_.code_first_line)};
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

bool CodeObjects::read_string(RemoteAddress object, std::string& text) const {
  std::array<std::byte, kMaxStringHeaderBytes> buffer;
  const std::size_t size =
      std::max(layout_.string_length, layout_.string_state) + sizeof(std::uint64_t);
  if (size > buffer.size()) return false;
  const auto header = std::span(buffer).first(size);
  if (!memory_.read(object, header)) return false;
  const auto length = load<std::uint64_t>(header, layout_.string_length);
  const auto state = load<std::uint32_t>(header, layout_.string_state);
  const std::uint32_t char_bytes = state >> layout_.string_kind_shift & 7u;
  const bool compact = (state >> layout_.string_compact_shift & 1u) != 0;
  const bool ascii = (state >> layout_.string_ascii_shift & 1u) != 0;
  if (!compact || (char_bytes != 1 && char_bytes != 2 && char_bytes != 4)) return false;
  std::vector<std::byte> data(std::min<std::uint64_t>(length, kMaxStringChars) * char_bytes);
  if (!memory_.read(object + (ascii ? layout_.string_ascii_data : layout_.string_compact_data),
                    data))
    return false;
  text = to_utf8(data, char_bytes);
  return true;
}

bool CodeObjects::read_bytes(RemoteAddress object, std::string& bytes) const {
  std::uint64_t size = 0;
  if (!memory_.read_value(object + layout_.bytes_size, size)) return false;
  if (size > kMaxLineTableBytes) size = 0;
  bytes.resize(size);
  return memory_.read(object + layout_.bytes_data, std::as_writable_bytes(std::span(bytes)));
}

bool CodeObjects::read_entry(RemoteAddress address, Entry& entry) {
  std::array<std::byte, kMaxCodeObjectBytes> buffer;
  if (object_bytes_ > buffer.size()) return false;
  const auto object = std::span(buffer).first(object_bytes_);
  if (!memory_.read(address, object)) return false;
  entry.fingerprint = fingerprint_of(object);
  if (!is_code_type(entry.fingerprint.type)) return false;
  entry.code.first_line = entry.fingerprint.first_line;
  if (!read_string(entry.fingerprint.qualified_name, entry.code.qualified_name) ||
      !read_string(entry.fingerprint.file, entry.code.file) ||
      !read_bytes(entry.fingerprint.line_table, entry.code.line_table))
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
  constexpr std::int64_t kUnitBytes = 2;
  // Division towards minus infinity: an instruction pointer just before the first instruction is
  // unit -1.
  return line_of(line_table_format(layout_.minor), code.line_table, code.first_line,
                 bytes < 0 ? -1 : bytes / kUnitBytes);
}

}  // namespace phlox::cpython
