// ObjectReader: values of builtin types out of another process's memory.
//
// Memory may lie or change meanwhile: everything read is bounded and checked, and what makes no
// sense is not there. Any thread, but not the hot path: it allocates, and each object costs some
// reads of 2 us.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cpython/layout.h"
#include "process/memory_reader.h"

namespace phlox::cpython {

inline constexpr std::uint64_t kMaxItemCount = std::uint64_t{1} << 40;  // of any container

class ObjectReader {
 public:
  using Address = process::RemoteAddress;
  using Entries = std::vector<std::pair<Address, Address>>;  // key, value
  struct Items {
    std::uint64_t count = 0;     // as the object says, at most kMaxItemCount
    std::vector<Address> first;  // as many as were asked for
  };

  // Both must outlive it.
  ObjectReader(const Layout& layout, const process::MemoryReader& memory)
      : layout_(layout), memory_(memory) {}

  // kNull where there is none.
  Address type_of(Address object) const;
  Address pointer_at(Address at) const;
  // tp_flags of its type; 0 where there is none.
  std::uint64_t type_flags_of(Address object) const;
  // Of its type, as C has it: "_asyncio.Task" or "Task". Empty where there is none.
  std::string type_name_of(Address object) const;

  // UTF-8 of at most so many characters. False for what is no str.
  bool read_string(Address object, std::size_t max_chars, std::string& text) const;
  // False for what cannot be read; a longer one comes out empty.
  bool read_bytes(Address object, std::size_t max_bytes, std::string& bytes) const;
  // At most so many entries, in order (in 2.7, of the dict's table, of which only the beginning is
  // looked through); false for what is no dict.
  bool read_dict(Address object, std::size_t max_entries, Entries& entries) const;
  // Attributes of an instance of a class written in Python, without slots. False if it has none.
  bool read_attributes(Address object, std::size_t max_entries, Entries& entries) const;
  // At most so many items, in order; false for what is no list, no tuple.
  bool read_list(Address object, std::size_t max_items, Items& items) const;
  bool read_tuple(Address object, std::size_t max_items, Items& items) const;
  // The same of an object that is known to be a set or a frozenset, in the order of its table, of
  // which only the beginning is looked through: of a large set with few entries, some may be
  // missing.
  bool read_set(Address object, std::size_t max_items, Items& items) const;
  // The value of a key that is a str; kNull if there is none.
  Address find_in_dict(Address dict, std::string_view key) const;

 private:
  bool read_items(Address object, Address from, std::size_t max_items, Items& items) const;
  bool read_byte_string(Address object, std::size_t max_chars, std::string& text) const;
  template <class Entry>
  bool read_table(Address object, std::uint32_t table, std::uint32_t mask, std::size_t max_items,
                  std::vector<Entry>& entries) const;
  bool read_dict_table(Address dict, std::size_t max_entries, Entries& entries) const;
  bool read_entries(Address keys, Address values, std::size_t max_entries, Entries& entries) const;

  const Layout& layout_;
  const process::MemoryReader& memory_;
};

}  // namespace phlox::cpython
