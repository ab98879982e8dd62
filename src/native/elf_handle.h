// Owns an Elf of libelf.
#pragma once

#include <memory>

struct Elf;

namespace phlox::native {

struct EndElf {
  void operator()(Elf* elf) const;
};
using ElfHandle = std::unique_ptr<Elf, EndElf>;

// .symtab or .dynsym of libelf's SHT_SYMTAB, SHT_DYNSYM.
bool has_section_of_type(Elf* elf, unsigned type);

}  // namespace phlox::native
