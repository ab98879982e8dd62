// SymbolFile: the symbols that were taken out of an ELF file when it was stripped. They are, in the
// order in which they are looked for,
//
//     /usr/lib/debug/.build-id/ab/cdef….debug   the file with the same build id
//     NAME, .debug/NAME beside the file, /usr/lib/debug/DIRECTORY/NAME
//                                               as its .gnu_debuglink calls it, with its check sum
//     .gnu_debugdata                            in the file itself, packed by xz ("MiniDebugInfo");
//                                               only what its .dynsym has not
//
// A file is taken only if build id or check sum say that it belongs to the other, so it may come
// from anywhere. Nothing is asked of the network. One thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "native/elf_handle.h"

namespace phlox::native {

// Where debug files of one ELF file may lie.
struct DebugPlaces {
  std::vector<std::string> roots;  // in front of all paths: that of the process, then our own ("")
  std::string path;                // of the stripped file, below a root; "" for one in memory
};

struct SymbolFile {
  UniqueFd file;
  std::vector<char> bytes;  // of one that is unpacked
  ElfHandle elf;            // reads from one of those
  // It has them all; else those in the stripped file's .dynsym belong to them.
  bool is_whole = true;
};

// One with a .symtab, or one whose elf is null. Some 50 us where there is none; up to some ms for
// each megabyte where the check sum of a file must be worked out or symbols be unpacked.
SymbolFile find_symbol_file(Elf* stripped, const DebugPlaces& places);

}  // namespace phlox::native
