#include "cpython/object_reader.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/utf8.h"
#include "cpython/object_shapes.h"

namespace phlox::cpython {

using process::RemoteAddress;

namespace {

constexpr std::size_t kMaxHeaderBytes = 128;
constexpr std::size_t kMaxTypeNameBytes = 128;
constexpr std::size_t kMaxKeyChars = 256;
constexpr std::uint64_t kMaxInstanceBytes = 1u << 20;
// Of the table of a set or a dict, of which a tenth or more is in use unless most entries have been
// deleted.
constexpr std::uint64_t kLeastTableEntries = 1024;
constexpr std::uint64_t kTableEntriesPerItem = 10;
constexpr std::size_t kMaxDictEntries = 20'000;  // more than any program has modules

}  // namespace

RemoteAddress ObjectReader::pointer_at(RemoteAddress at) const {
  RemoteAddress value{};
  return memory_.read_value(at, value) ? value : RemoteAddress::kNull;
}

RemoteAddress ObjectReader::type_of(RemoteAddress object) const {
  return object == RemoteAddress::kNull ? object : pointer_at(object + layout_.object_type);
}

std::uint64_t ObjectReader::type_flags_of(RemoteAddress object) const {
  const RemoteAddress type = type_of(object);
  return type == RemoteAddress::kNull ? 0 : to_number(pointer_at(type + layout_.type_flags));
}

std::string ObjectReader::type_name_of(RemoteAddress object) const {
  const RemoteAddress type = type_of(object);
  if (type == RemoteAddress::kNull) return {};
  const RemoteAddress name = pointer_at(type + layout_.type_name);
  // What follows the name need not be mapped: up to the end of its page at first.
  constexpr std::uint64_t kPage = 4096;
  std::array<char, kMaxTypeNameBytes> text{};
  const std::size_t first = std::min<std::size_t>(text.size(), kPage - to_number(name) % kPage);
  const auto bytes = std::as_writable_bytes(std::span(text));
  if (!memory_.read(name, bytes.first(first))) return {};
  if (std::ranges::find(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(first), '\0') ==
          text.begin() + static_cast<std::ptrdiff_t>(first) &&
      first < text.size() && !memory_.read(name + first, bytes.subspan(first)))
    return {};
  return {text.begin(), std::ranges::find(text, '\0')};
}

bool ObjectReader::read_string(RemoteAddress object, std::size_t max_chars,
                               std::string& text) const {
  if (layout_.has_byte_strings()) return read_byte_string(object, max_chars, text);
  std::array<std::byte, kMaxHeaderBytes> buffer;
  const std::uint32_t size = string_header_bytes(layout_);
  if (size > buffer.size()) return false;
  const auto header = std::span(buffer).first(size);
  if (!memory_.read(object, header)) return false;
  const auto shape = parse_string(layout_, header);
  if (!shape) return false;
  const std::size_t length = std::min<std::uint64_t>(shape->length, max_chars);
  std::vector<std::byte> data(length * shape->char_bytes);
  if (!memory_.read(object + shape->data_at, data)) return false;
  text.clear();
  text.reserve(length);
  for (std::size_t i = 0; i < length; ++i) text += Utf8(char_at(data, shape->char_bytes, i)).view();
  return true;
}

// The names and file names of 2.7, in whatever encoding.
bool ObjectReader::read_byte_string(RemoteAddress object, std::size_t max_chars,
                                    std::string& text) const {
  std::uint64_t size = 0;
  if (!memory_.read_value(object + layout_.bytes_size, size)) return false;
  std::string bytes(std::min<std::uint64_t>(size, max_chars), '\0');
  if (!memory_.read(object + layout_.bytes_data, std::as_writable_bytes(std::span(bytes))))
    return false;
  text = as_utf8(bytes);
  return true;
}

bool ObjectReader::read_bytes(RemoteAddress object, std::size_t max_bytes,
                              std::string& bytes) const {
  std::uint64_t size = 0;
  if (!memory_.read_value(object + layout_.bytes_size, size)) return false;
  if (size > max_bytes) size = 0;
  bytes.resize(size);
  return memory_.read(object + layout_.bytes_data, std::as_writable_bytes(std::span(bytes)));
}

// `values`: of keys that are shared; else kNull, and each entry has its own.
bool ObjectReader::read_entries(RemoteAddress keys, RemoteAddress values, std::size_t max_entries,
                                Entries& entries) const {
  entries.clear();
  std::array<std::byte, kMaxHeaderBytes> buffer;
  const auto header = std::span(buffer).first(layout_.keys_indices);
  if (keys == RemoteAddress::kNull || !memory_.read(keys, header)) return false;
  const auto shape = parse_dict_keys(layout_, header);
  if (!shape) return false;
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(shape->count, max_entries));
  std::vector<std::byte> bytes(count * shape->entry_bytes);
  if (!memory_.read(keys + shape->entries_at, bytes)) return false;
  std::vector<RemoteAddress> shared(values == RemoteAddress::kNull ? 0 : count);
  if (!memory_.read(values + layout_.values_items, std::as_writable_bytes(std::span(shared))) &&
      !shared.empty())
    return false;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = i * shape->entry_bytes + shape->key_at;
    const auto value = shared.empty() ? load_at<RemoteAddress>(bytes, at + kWord) : shared[i];
    if (value != RemoteAddress::kNull)
      entries.emplace_back(load_at<RemoteAddress>(bytes, at), value);
  }
  return true;
}

// `table` and `mask`: members of the object. Reads the beginning of a large table.
template <class Entry>
bool ObjectReader::read_table(RemoteAddress object, std::uint32_t table, std::uint32_t mask,
                              std::size_t max_items, std::vector<Entry>& entries) const {
  std::uint64_t last = 0;
  if (!memory_.read_value(object + mask, last)) return false;
  const std::uint64_t limit = std::max(kLeastTableEntries, kTableEntriesPerItem * max_items);
  entries.resize(last < limit ? last + 1 : limit);
  return memory_.read(pointer_at(object + table), std::as_writable_bytes(std::span(entries)));
}

bool ObjectReader::read_dict_table(RemoteAddress dict, std::size_t max_entries,
                                   Entries& entries) const {
  struct Entry {
    std::int64_t hash;
    RemoteAddress key;
    RemoteAddress value;  // null where there is none, or none any more
  };
  std::vector<Entry> table;
  if (!read_table(dict, layout_.dict_table, layout_.dict_mask, max_entries, table)) return false;
  for (const Entry& entry : table) {
    if (entries.size() == max_entries) break;
    if (entry.value != RemoteAddress::kNull) entries.emplace_back(entry.key, entry.value);
  }
  return true;
}

bool ObjectReader::read_dict(RemoteAddress object, std::size_t max_entries,
                             Entries& entries) const {
  entries.clear();
  if (!has_flag(type_flags_of(object), TypeFlag::kDict)) return false;
  if (layout_.dict_table != kNone) return read_dict_table(object, max_entries, entries);
  return read_entries(pointer_at(object + layout_.dict_keys),
                      pointer_at(object + layout_.dict_values), max_entries, entries);
}

bool ObjectReader::read_attributes(RemoteAddress object, std::size_t max_entries,
                                   Entries& entries) const {
  const RemoteAddress type = type_of(object);
  if (type == RemoteAddress::kNull) return false;
  const auto words_before = [object](std::uint32_t words) {
    return RemoteAddress{to_number(object) - std::uint64_t{words} * kWord};
  };
  RemoteAddress values{};
  RemoteAddress dict{};
  if (layout_.instance_dict == kNone) {
    const std::uint64_t offset = to_number(pointer_at(type + layout_.type_dict_offset));
    if (offset == 0 || offset > kMaxInstanceBytes) return false;
    dict = pointer_at(object + offset);
  } else {
    dict = pointer_at(words_before(layout_.instance_dict));
    if (layout_.instance_values == kNone) {
      const std::uint64_t size = to_number(pointer_at(type + layout_.type_basic_size));
      if (size <= kMaxInstanceBytes) values = object + size;
    } else if (layout_.instance_values != layout_.instance_dict) {
      values = pointer_at(words_before(layout_.instance_values));
    } else if ((to_number(dict) & 1) != 0) {
      values = dict + 1;  // 3.12 keeps either in one word
      dict = RemoteAddress::kNull;
    }
  }
  if (dict != RemoteAddress::kNull) return read_dict(dict, max_entries, entries);
  return values != RemoteAddress::kNull &&
         read_entries(pointer_at(type + layout_.type_cached_keys), values, max_entries, entries);
}

bool ObjectReader::read_items(RemoteAddress object, RemoteAddress from, std::size_t max_items,
                              Items& items) const {
  if (!memory_.read_value(object + layout_.bytes_size, items.count) || items.count > kMaxItemCount)
    return false;
  items.first.resize(std::min<std::uint64_t>(items.count, max_items));
  return items.first.empty() || memory_.read(from, std::as_writable_bytes(std::span(items.first)));
}

bool ObjectReader::read_list(RemoteAddress object, std::size_t max_items, Items& items) const {
  return has_flag(type_flags_of(object), TypeFlag::kList) &&
         read_items(object, pointer_at(object + layout_.list_items), max_items, items);
}

bool ObjectReader::read_tuple(RemoteAddress object, std::size_t max_items, Items& items) const {
  return has_flag(type_flags_of(object), TypeFlag::kTuple) &&
         read_items(object, object + layout_.tuple_items, max_items, items);
}

bool ObjectReader::read_set(RemoteAddress object, std::size_t max_items, Items& items) const {
  struct Entry {
    RemoteAddress item;
    std::int64_t hash;
  };
  constexpr std::int64_t kDeleted = -1;  // which no hash is
  std::vector<Entry> table;
  // What 2.7 leaves where an item was cannot be told from an item.
  if (layout_.set_table == kNone || !memory_.read_value(object + layout_.set_count, items.count) ||
      items.count > kMaxItemCount ||
      !read_table(object, layout_.set_table, layout_.set_mask, max_items, table))
    return false;
  items.first.clear();
  for (const Entry& entry : table) {
    if (items.first.size() == max_items) break;
    if (entry.item != RemoteAddress::kNull && entry.hash != kDeleted)
      items.first.push_back(entry.item);
  }
  return true;
}

RemoteAddress ObjectReader::find_in_dict(RemoteAddress dict, std::string_view key) const {
  Entries entries;
  if (!read_dict(dict, kMaxDictEntries, entries)) return RemoteAddress::kNull;
  std::string text;
  for (const auto& [name, value] : entries)
    if (read_string(name, kMaxKeyChars, text) && text == key) return value;
  return RemoteAddress::kNull;
}

}  // namespace phlox::cpython
