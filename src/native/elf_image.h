// ElfImage: what one ELF file says about its code: how to unwind it (.eh_frame), and whose it is
// (.symtab, of a stripped file wherever its symbols lie now, and .dynsym). Addresses are those as
// linked.
//
// Opened once however many processes have it mapped. Rows and names are taken from the file when
// they are first needed and kept: the first frame at a place costs some 5 us, each further one some
// 0.2 us. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "native/elf_handle.h"
#include "native/functions.h"
#include "native/symbol_file.h"
#include "native/unwind_row.h"

namespace phlox::native {

class ElfImage {
 public:
  // `name`: the module that its functions get.
  static Result<std::unique_ptr<ElfImage>> open(UniqueFd file, std::string name,
                                                DebugPlaces places = {});
  // A file that lies in memory only, as [vdso] does.
  static Result<std::unique_ptr<ElfImage>> of(std::string bytes, std::string name);
  ~ElfImage();
  ElfImage(const ElfImage&) = delete;
  ElfImage& operator=(const ElfImage&) = delete;

  std::optional<std::uint64_t> address_of_offset(std::uint64_t file_offset) const;
  // nullptr: the file does not say how code at that address is unwound. Valid until the next call.
  const UnwindRow* row_at(std::uint64_t address);
  // Where the function around an address begins, of those that have rows.
  std::uint64_t function_start(std::uint64_t address) const;
  // So many bytes of code from there on, or fewer. Valid until the next call.
  std::span<const std::byte> code_at(std::uint64_t address, std::size_t size) const;
  // By its symbol, else as "libz.so.1+0x2f40" with the address where the function begins.
  FunctionId function_at(std::uint64_t address, Functions& functions);

 private:
  struct Segment {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;  // in the file
    std::uint64_t address = 0;
  };
  struct Symbol {
    std::uint64_t start = 0;
    std::uint64_t size = 0;
    const char* name = nullptr;  // in elf_ or symbol_file_
    bool is_global = false;
  };
  struct EndCfi {
    void operator()(Dwarf_CFI* cfi) const;
  };

  ElfImage(UniqueFd file, std::string bytes, std::string name, DebugPlaces places);
  Result<> start(Elf* elf);
  void read_segments();
  void read_symbols();
  void add_symbols(Elf* elf, unsigned section_type);
  void read_function_starts(std::uint64_t offset, std::uint64_t size, std::uint64_t address);

  UniqueFd file_;
  std::string bytes_;
  std::string name_;
  DebugPlaces places_;
  ElfHandle elf_;
  SymbolFile symbol_file_;  // if it is stripped and they are found
  std::unique_ptr<Dwarf_CFI, EndCfi> cfi_;
  std::vector<Segment> segments_;  // executable ones
  std::vector<Symbol> symbols_;    // of code, by start
  bool symbols_read_ = false;
  std::vector<std::uint64_t> function_starts_;               // sorted; those with rows
  std::map<std::uint64_t, std::optional<UnwindRow>> rows_;   // by their start
  std::unordered_map<std::uint64_t, FunctionId> functions_;  // by function_start() or symbol
};

}  // namespace phlox::native
