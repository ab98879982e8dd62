#include "native/elf_image.h"

#include <dwarf.h>
#include <gelf.h>
#include <libelf.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>

namespace phlox::native {
namespace {

constexpr std::size_t kMaxRows = 200'000;  // then all are forgotten and taken anew
constexpr std::size_t kMaxSymbols = 4'000'000;

// .eh_frame_hdr, with the encodings that linkers write (LSB Core 5.0, section 10.6.2):
//
//     version 1 | of the pointer | of the count | of the table | pointer | count |
//     (start of a function, its entry in .eh_frame) ...      both 32 bits, from the header's
//     address
constexpr unsigned char kHeaderVersion = 1;
constexpr unsigned char kUdata4 = DW_EH_PE_udata4;
constexpr unsigned char kTableEncoding = DW_EH_PE_datarel | DW_EH_PE_sdata4;
constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kEntryBytes = 8;

template <class T>
T load(const unsigned char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

}  // namespace

void ElfImage::EndCfi::operator()(Dwarf_CFI* cfi) const { dwarf_cfi_end(cfi); }

ElfImage::ElfImage(UniqueFd file, std::string bytes, std::string name, DebugPlaces places)
    : file_(std::move(file)),
      bytes_(std::move(bytes)),
      name_(std::move(name)),
      places_(std::move(places)) {}

ElfImage::~ElfImage() = default;

Result<std::unique_ptr<ElfImage>> ElfImage::open(UniqueFd file, std::string name,
                                                 DebugPlaces places) {
  elf_version(EV_CURRENT);
  std::unique_ptr<ElfImage> image(
      new ElfImage(std::move(file), {}, std::move(name), std::move(places)));
  // Read, not mapped: a file that shrinks would end us.
  PHLOX_TRY(image->start(elf_begin(image->file_.get(), ELF_C_READ, nullptr)));
  return image;
}

Result<std::unique_ptr<ElfImage>> ElfImage::of(std::string bytes, std::string name) {
  elf_version(EV_CURRENT);
  std::unique_ptr<ElfImage> image(new ElfImage({}, std::move(bytes), std::move(name), {}));
  PHLOX_TRY(image->start(elf_memory(image->bytes_.data(), image->bytes_.size())));
  return image;
}

Result<> ElfImage::start(Elf* elf) {
  elf_.reset(elf);
  if (elf == nullptr || elf_kind(elf) != ELF_K_ELF || gelf_getclass(elf) != ELFCLASS64)
    return Error::corrupt("{} is not an ELF file of 64 bits", name_);
  read_segments();
  cfi_.reset(dwarf_getcfi_elf(elf));  // null: nothing of it can be unwound
  return {};
}

void ElfImage::read_segments() {
  std::size_t count = 0;
  if (elf_getphdrnum(elf_.get(), &count) != 0) return;
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr header;
    if (gelf_getphdr(elf_.get(), static_cast<int>(i), &header) == nullptr) continue;
    if (header.p_type == PT_LOAD && (header.p_flags & PF_X) != 0)
      segments_.push_back({header.p_offset, header.p_filesz, header.p_vaddr});
    if (header.p_type == PT_GNU_EH_FRAME)
      read_function_starts(header.p_offset, header.p_filesz, header.p_vaddr);
  }
}

void ElfImage::read_function_starts(std::uint64_t offset, std::uint64_t size,
                                    std::uint64_t address) {
  const Elf_Data* data =
      elf_getdata_rawchunk(elf_.get(), static_cast<std::int64_t>(offset), size, ELF_T_BYTE);
  if (data == nullptr || data->d_size < kHeaderBytes) return;
  const auto* bytes = static_cast<const unsigned char*>(data->d_buf);
  constexpr unsigned char kSizeOfValue = 0x0f;
  const unsigned char pointer = bytes[1] & kSizeOfValue;
  if (bytes[0] != kHeaderVersion || (pointer != DW_EH_PE_sdata4 && pointer != kUdata4) ||
      bytes[2] != kUdata4 || bytes[3] != kTableEncoding)
    return;
  const std::size_t count = std::min<std::size_t>(load<std::uint32_t>(bytes + 8),
                                                  (data->d_size - kHeaderBytes) / kEntryBytes);
  for (std::size_t i = 0; i < count; ++i)
    function_starts_.push_back(address + static_cast<std::uint64_t>(std::int64_t{load<std::int32_t>(
                                             bytes + kHeaderBytes + i * kEntryBytes)}));
  std::ranges::sort(function_starts_);
}

void ElfImage::add_symbols(Elf* elf, unsigned section_type) {
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf, section)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_entsize == 0 ||
        header.sh_type != section_type)
      continue;
    Elf_Data* data = elf_getdata(section, nullptr);
    const std::size_t count = std::min(header.sh_size / header.sh_entsize, kMaxSymbols);
    for (std::size_t i = 0; data != nullptr && i < count; ++i) {
      GElf_Sym symbol;
      if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr ||
          symbol.st_shndx == SHN_UNDEF || symbol.st_size == 0)
        continue;
      const auto type = GELF_ST_TYPE(symbol.st_info);
      const char* name = elf_strptr(elf, header.sh_link, symbol.st_name);
      if ((type == STT_FUNC || type == STT_GNU_IFUNC) && name != nullptr)
        symbols_.push_back(
            {symbol.st_value, symbol.st_size, name, GELF_ST_BIND(symbol.st_info) == STB_GLOBAL});
    }
  }
}

void ElfImage::read_symbols() {
  symbols_read_ = true;
  add_symbols(elf_.get(), SHT_SYMTAB);
  if (symbols_.empty()) {
    symbol_file_ = find_symbol_file(elf_.get(), places_);
    if (symbol_file_.elf) add_symbols(symbol_file_.elf.get(), SHT_SYMTAB);
    // Else .symtab has all that .dynsym has.
    if (symbols_.empty() || !symbol_file_.is_whole) add_symbols(elf_.get(), SHT_DYNSYM);
  }
  // Of several names of a function the one that others may call comes first, then the shorter.
  std::ranges::sort(symbols_, [](const Symbol& a, const Symbol& b) {
    if (a.start != b.start) return a.start < b.start;
    if (a.is_global != b.is_global) return a.is_global;
    const std::string_view first(a.name);
    const std::string_view second(b.name);
    return std::tuple(first.size(), first) < std::tuple(second.size(), second);
  });
  const auto same = [](const Symbol& a, const Symbol& b) { return a.start == b.start; };
  symbols_.erase(std::ranges::unique(symbols_, same).begin(), symbols_.end());
}

std::optional<std::uint64_t> ElfImage::address_of_offset(std::uint64_t file_offset) const {
  for (const Segment& segment : segments_)
    if (file_offset >= segment.offset && file_offset - segment.offset < segment.size)
      return file_offset - segment.offset + segment.address;
  return std::nullopt;
}

const UnwindRow* ElfImage::row_at(std::uint64_t address) {
  if (auto known = rows_.upper_bound(address); known != rows_.begin()) {
    const auto& [start, row] = *--known;
    if (start == address || (row && address < row->end)) return row ? &*row : nullptr;
  }
  if (rows_.size() >= kMaxRows) rows_.clear();
  std::optional<UnwindRow> row;
  Dwarf_Frame* frame = nullptr;
  if (cfi_ != nullptr && dwarf_cfi_addrframe(cfi_.get(), address, &frame) == 0) {
    row = UnwindRow::from(frame);
    std::free(frame);
  }
  const std::uint64_t start = row ? row->start : address;
  const auto& entry = rows_.insert_or_assign(start, std::move(row)).first->second;
  return entry ? &*entry : nullptr;
}

std::uint64_t ElfImage::function_start(std::uint64_t address) const {
  const auto next = std::ranges::upper_bound(function_starts_, address);
  return next == function_starts_.begin() ? address : *std::prev(next);
}

std::span<const std::byte> ElfImage::code_at(std::uint64_t address, std::size_t size) const {
  for (const Segment& segment : segments_) {
    if (address < segment.address || address - segment.address >= segment.size) continue;
    const std::uint64_t from = address - segment.address;
    const Elf_Data* data =
        elf_getdata_rawchunk(elf_.get(), static_cast<std::int64_t>(segment.offset + from),
                             std::min<std::uint64_t>(size, segment.size - from), ELF_T_BYTE);
    if (data == nullptr || data->d_buf == nullptr) return {};
    return {static_cast<const std::byte*>(data->d_buf), data->d_size};
  }
  return {};
}

FunctionId ElfImage::function_at(std::uint64_t address, Functions& functions) {
  if (!symbols_read_) read_symbols();
  const auto next = std::ranges::upper_bound(symbols_, address, {}, &Symbol::start);
  const bool has_symbol =
      next != symbols_.begin() && address - std::prev(next)->start < std::prev(next)->size;
  const std::uint64_t start = has_symbol ? std::prev(next)->start : function_start(address);
  const auto [entry, added] = functions_.try_emplace(start);
  if (added)
    entry->second = has_symbol ? functions.intern(std::prev(next)->name, name_)
                               : functions.intern(fmt::format("{}+{:#x}", name_, start), name_);
  return entry->second;
}

}  // namespace phlox::native
