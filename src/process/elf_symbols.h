// Symbols and sections of an ELF file (elf(5)), by libelf.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace phlox::process {

struct ElfPlace {
  std::uint64_t address = 0;  // as linked; add the load bias
};

struct ElfLookup {
  // The asked symbols, in order; from .dynsym, else .symtab.
  std::vector<std::optional<ElfPlace>> symbols;
  // Start of the asked section.
  std::optional<ElfPlace> section;
  // Of the first loadable segment, page-aligned: bias = where that segment is mapped - this.
  std::uint64_t first_load_address = 0;
  std::uint64_t first_load_offset = 0;
};

// kNotFound if the file is not there, kCorrupt if it is not a 64-bit ELF file.
Result<ElfLookup> look_up(const std::string& path, std::span<const std::string_view> symbols,
                          std::string_view section);

}  // namespace phlox::process
