#include "native/elf_handle.h"

#include <gelf.h>
#include <libelf.h>

namespace phlox::native {

void EndElf::operator()(Elf* elf) const { elf_end(elf); }

bool has_section_of_type(Elf* elf, unsigned type) {
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf, section)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) != nullptr && header.sh_type == type && header.sh_size > 0)
      return true;
  }
  return false;
}

}  // namespace phlox::native
