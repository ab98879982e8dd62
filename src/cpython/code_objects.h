// CodeObjects: names, files and lines of a process's code objects, each read once and kept.
//
// A code object can be freed and its address used again, so what a window used is compared with the
// process once more before the window is sent (changed()). One process; one thread at a time.
// Reading one costs some 10 us.
#pragma once

#include <array>
#include <string>
#include <unordered_map>
#include <vector>

#include "cpython/layout.h"
#include "cpython/object_reader.h"
#include "process/memory_reader.h"

namespace phlox::cpython {

struct Code {
  std::string qualified_name;  // up to 3.10 the plain name
  std::string file;
  std::uint32_t first_line = 0;
  std::string line_table;
  // The interpreter's own: 3.13 puts a frame between a call of a class and its __init__
  // (_Py_InitCleanup, Objects/codeobject.c).
  bool is_shim = false;
};

inline constexpr std::size_t kMaxStringChars = 4096;         // longer names are cut
inline constexpr std::size_t kMaxLineTableBytes = 1u << 20;  // larger ones give no lines

class CodeObjects {
 public:
  // Both must outlive it.
  CodeObjects(const Layout& layout, const process::MemoryReader& memory);

  // nullptr if there is no code object at that address (any more). Valid until clear() or
  // changed().
  const Code* find(process::RemoteAddress address);

  // Those of the given addresses whose object is no longer the one that was read; they are
  // forgotten. One scattered read.
  std::vector<process::RemoteAddress> changed(std::span<const process::RemoteAddress> addresses);

  std::size_t size() const { return entries_.size(); }
  void clear() { entries_.clear(); }

  // Line of an instruction of `code`, `offset` bytes from the start of the code object.
  std::uint32_t line(const Code& code, std::int32_t offset) const;

 private:
  // What tells one code object from another at the same address.
  struct Fingerprint {
    process::RemoteAddress type{};
    process::RemoteAddress qualified_name{};
    process::RemoteAddress file{};
    process::RemoteAddress line_table{};
    std::uint32_t first_line = 0;
    bool operator==(const Fingerprint&) const = default;
  };
  struct Entry {
    Code code;
    Fingerprint fingerprint;
  };

  Fingerprint fingerprint_of(std::span<const std::byte> object) const;
  bool is_code_type(process::RemoteAddress type);
  bool read_entry(process::RemoteAddress address, Entry& entry);

  const Layout& layout_;
  const process::MemoryReader& memory_;
  const ObjectReader objects_;
  const std::size_t object_bytes_;      // as far as it is read
  process::RemoteAddress code_type_{};  // PyCode_Type, once seen
  std::unordered_map<process::RemoteAddress, Entry> entries_;
};

}  // namespace phlox::cpython
