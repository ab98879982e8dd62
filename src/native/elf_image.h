// ElfImage: what one ELF file says about its code: how to unwind it (.eh_frame), and whose it is
// (.symtab, .dynsym). Addresses are those as linked.
//
// Opened once however many processes have it mapped. Rows and names are taken from the file when
// they are first needed and kept: the first frame at a place costs some 5 us, each further one some
// 0.2 us. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "native/functions.h"
#include "native/unwind_row.h"

struct Elf;

namespace phlox::native {

class ElfImage {
 public:
  // `name`: the module that its functions get.
  static Result<std::unique_ptr<ElfImage>> open(UniqueFd file, std::string name);
  // A file that lies in memory only, as [vdso] does.
  static Result<std::unique_ptr<ElfImage>> of(std::string bytes, std::string name);
  ~ElfImage();
  ElfImage(const ElfImage&) = delete;
  ElfImage& operator=(const ElfImage&) = delete;

  std::optional<std::uint64_t> address_of_offset(std::uint64_t file_offset) const;
  // nullptr: the file does not say how code at that address is unwound. Valid until the next call.
  const UnwindRow* row_at(std::uint64_t address);
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
    const char* name = nullptr;  // in elf_
    bool is_global = false;
  };
  struct End {
    void operator()(Elf* elf) const;
    void operator()(Dwarf_CFI* cfi) const;
  };

  ElfImage(UniqueFd file, std::string bytes, std::string name);
  Result<> start(Elf* elf);
  void read_segments();
  void read_symbols();
  void read_function_starts(std::uint64_t offset, std::uint64_t size, std::uint64_t address);
  std::uint64_t function_start(std::uint64_t address) const;

  UniqueFd file_;
  std::string bytes_;
  std::string name_;
  std::unique_ptr<Elf, End> elf_;
  std::unique_ptr<Dwarf_CFI, End> cfi_;
  std::vector<Segment> segments_;  // executable ones
  std::vector<Symbol> symbols_;    // of code, by start
  bool symbols_read_ = false;
  std::vector<std::uint64_t> function_starts_;               // sorted; those with rows
  std::map<std::uint64_t, std::optional<UnwindRow>> rows_;   // by their start
  std::unordered_map<std::uint64_t, FunctionId> functions_;  // by function_start() or symbol
};

}  // namespace phlox::native
