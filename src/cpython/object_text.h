// ObjectText: values of a Python program as short text for people, much as repr() has them, without
// running anything of the program:
//
//     42   1.5   'text'   b'bytes'   None   True
//     [1, 2, 3, ... 97 more]   {'a': (1,), 'b': (...)}   <Request object at 0x7f0a1c2b3d40>
//
// A value of a class derived from a builtin one is that one's in parentheses behind its name:
// Point((1, 2)). Of 2.7, sets and unicode strings are not read. Whatever cannot be read or makes no
// sense is an object at its address.
//
// Any thread, but not the hot path: some 10 us for a number, some 100 us for a container.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cpython/layout.h"
#include "cpython/object_reader.h"
#include "process/memory_reader.h"

namespace phlox::cpython {

inline constexpr std::size_t kMaxTextChars = 60;    // of a str, or bytes of a bytes
inline constexpr std::size_t kMaxTextItems = 4;     // of a container
inline constexpr std::size_t kMaxTextBytes = 2000;  // of all

class ObjectText {
 public:
  using Address = process::RemoteAddress;

  // Both must outlive it.
  ObjectText(const Layout& layout, const process::MemoryReader& memory)
      : layout_(layout), memory_(memory), objects_(layout, memory) {}

  // At most kMaxTextBytes of UTF-8.
  std::string of(Address object) const;

 private:
  std::string text_of(Address object, int depth) const;
  std::optional<std::string> builtin_text(Address object, std::uint64_t flags,
                                          std::string_view type, int depth) const;
  std::optional<std::string> int_text(Address object) const;
  std::optional<std::string> integer_text(Address object) const;
  std::optional<std::string> float_text(Address object) const;
  std::optional<std::string> string_text(Address object) const;
  std::optional<std::string> bytes_text(Address object) const;
  std::optional<std::string> dict_text(Address object, int depth) const;
  std::string items_text(const ObjectReader::Items& items, int depth) const;

  const Layout& layout_;
  const process::MemoryReader& memory_;
  const ObjectReader objects_;
};

}  // namespace phlox::cpython
