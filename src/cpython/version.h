// Which version of CPython a process runs. From 3.11 on a variable says it; before, only the text
// that Py_GetVersion() composes when the interpreter starts (Python/getversion.c):
//
//     "3.8.18 (default, Nov  2 2025, 10:01:23) \n[GCC 12.2.0]"
#pragma once

#include <optional>
#include <span>
#include <string>

#include "cpython/layout.h"
#include "process/elf_symbols.h"

namespace phlox::cpython {

struct Version {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::string text;  // "3.12.1"
  bool operator==(const Version&) const = default;
};

// Of PY_VERSION_HEX: 0x030C01F0 is 3.12.1 (CPython, Include/patchlevel.h).
Version version_from_hex(std::uint64_t hex);

// The first such text in `bytes`. Pure.
std::optional<Version> find_version_text(std::span<const std::byte> bytes);

// The same among a program's variables; nullopt before the interpreter has started. Up to a
// millisecond.
std::optional<Version> find_version_text(const process::MemoryReader& memory,
                                         std::span<const process::MappedElf::Region> variables);

}  // namespace phlox::cpython
