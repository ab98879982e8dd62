#include "process/elf_symbols.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include "base/unique_fd.h"

namespace phlox::process {
namespace {

struct EndElf {
  void operator()(Elf* elf) const { elf_end(elf); }
};
using ElfHandle = std::unique_ptr<Elf, EndElf>;

void find_symbols(Elf* elf, Elf_Scn* section, const GElf_Shdr& header,
                  std::span<const std::string_view> names,
                  std::vector<std::optional<ElfPlace>>& found) {
  Elf_Data* data = elf_getdata(section, nullptr);
  if (data == nullptr || header.sh_entsize == 0) return;
  const auto count = static_cast<int>(header.sh_size / header.sh_entsize);
  for (int i = 0; i < count; ++i) {
    GElf_Sym symbol;
    if (gelf_getsym(data, i, &symbol) == nullptr || symbol.st_shndx == SHN_UNDEF) continue;
    const char* text = elf_strptr(elf, header.sh_link, symbol.st_name);
    if (text == nullptr) continue;
    const auto at = std::ranges::find(names, std::string_view(text));
    if (at == names.end()) continue;
    auto& place = found[static_cast<std::size_t>(at - names.begin())];
    if (!place) place = ElfPlace{symbol.st_value};
  }
}

// False: nothing of the file is loaded.
bool read_segments(Elf* elf, ElfLookup& lookup) {
  std::size_t count = 0;
  if (elf_getphdrnum(elf, &count) != 0) return false;
  bool any = false;
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr header;
    if (gelf_getphdr(elf, static_cast<int>(i), &header) == nullptr || header.p_type != PT_LOAD)
      continue;
    if ((header.p_flags & PF_W) != 0) lookup.writable.push_back({header.p_vaddr, header.p_memsz});
    if (std::exchange(any, true)) continue;
    const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    lookup.first_load_address = header.p_vaddr / page * page;
    lookup.first_load_offset = header.p_offset / page * page;
  }
  return any;
}

}  // namespace

Result<ElfLookup> look_up(const std::string& path, std::span<const std::string_view> symbols,
                          std::string_view section_name) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return Error::from_errno(errno, "open " + path);
  elf_version(EV_CURRENT);
  const ElfHandle elf(elf_begin(fd.get(), ELF_C_READ_MMAP, nullptr));
  ElfLookup lookup;
  lookup.symbols.resize(symbols.size());
  std::size_t names_index = 0;
  if (elf == nullptr || elf_kind(elf.get()) != ELF_K_ELF || !read_segments(elf.get(), lookup) ||
      elf_getshdrstrndx(elf.get(), &names_index) != 0)
    return Error::corrupt("{} is not an ELF file that can be read", path);

  // .dynsym comes first: it is small and, unlike .symtab, never stripped.
  for (const auto wanted : {SHT_DYNSYM, SHT_SYMTAB}) {
    for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf.get(), section)) != nullptr;) {
      GElf_Shdr header;
      if (gelf_getshdr(section, &header) == nullptr) continue;
      const char* name = elf_strptr(elf.get(), names_index, header.sh_name);
      if (name != nullptr && section_name == name) lookup.section = ElfPlace{header.sh_addr};
      if (header.sh_type == static_cast<GElf_Word>(wanted))
        find_symbols(elf.get(), section, header, symbols, lookup.symbols);
    }
    if (std::ranges::all_of(lookup.symbols, [](const auto& place) { return place.has_value(); }))
      break;
  }
  return lookup;
}

Result<MappedElf> look_up_mapped(pid_t pid, const Mapping& first,
                                 std::span<const std::string_view> symbols,
                                 std::string_view section) {
  // By the mapping itself it is found also after it was replaced on disk; that takes privileges.
  auto found = look_up(fmt::format("/proc/{}/map_files/{:x}-{:x}", pid, to_number(first.start),
                                   to_number(first.end)),
                       symbols, section);
  if (!found) found = look_up(fmt::format("/proc/{}/root{}", pid, first.path), symbols, section);
  PHLOX_TRY(const ElfLookup file, std::move(found));
  const std::uint64_t bias =
      to_number(first.start) - first.file_offset + file.first_load_offset - file.first_load_address;
  const auto in_memory = [bias](const std::optional<ElfPlace>& place) {
    return place ? std::optional(RemoteAddress{bias + place->address}) : std::nullopt;
  };
  MappedElf mapped;
  for (const auto& symbol : file.symbols) mapped.symbols.push_back(in_memory(symbol));
  mapped.section = in_memory(file.section);
  for (const ElfSegment& segment : file.writable)
    mapped.writable.push_back({RemoteAddress{bias + segment.address}, segment.size});
  return mapped;
}

}  // namespace phlox::process
