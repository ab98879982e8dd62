// Symbols and sections of an ELF file (elf(5)), by libelf.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "process/memory_map.h"

namespace phlox::process {

struct ElfPlace {
  std::uint64_t address = 0;  // as linked; add the load bias
};

struct ElfSegment {
  std::uint64_t address = 0;  // as linked
  std::uint64_t size = 0;     // in memory
};

struct ElfLookup {
  // The asked symbols, in order; from .dynsym, else .symtab.
  std::vector<std::optional<ElfPlace>> symbols;
  // Start of the asked section.
  std::optional<ElfPlace> section;
  std::vector<ElfSegment> writable;  // loadable segments with variables
  // Of the first loadable segment, page-aligned: bias = where that segment is mapped - this.
  std::uint64_t first_load_address = 0;
  std::uint64_t first_load_offset = 0;
};

// kNotFound if the file is not there, kCorrupt if it is not a 64-bit ELF file.
Result<ElfLookup> look_up(const std::string& path, std::span<const std::string_view> symbols,
                          std::string_view section);

// The same in the memory of a process that has the file mapped, once it is known where.
struct MappedElf {
  std::vector<std::optional<RemoteAddress>> symbols;
  std::optional<RemoteAddress> section;
  struct Region {
    RemoteAddress start{};
    std::uint64_t size = 0;
  };
  std::vector<Region> writable;
};

// `first` is the first mapping of the file. Looks at the file as the process sees it, in its own
// mount namespace. Errors are those of look_up().
Result<MappedElf> look_up_mapped(pid_t pid, const Mapping& first,
                                 std::span<const std::string_view> symbols,
                                 std::string_view section);

}  // namespace phlox::process
