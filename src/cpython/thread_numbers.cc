#include "cpython/thread_numbers.h"

#include <array>
#include <string_view>

#include "process/elf_symbols.h"

namespace phlox::cpython {

using process::Mapping;
using process::RemoteAddress;

namespace {

struct FieldDescriptor {
  std::uint32_t bits;
  std::uint32_t count;
  std::uint32_t offset;
};
constexpr std::uint32_t kMaxNumberOffset = 8192;  // struct pthread has some 2,300 bytes

// glibc has it in libpthread before 2.34, then in libc; a static program holds it itself.
bool may_hold_descriptor(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name.starts_with("libc.so") || name.starts_with("libc-") || name.starts_with("libpthread");
}

}  // namespace

Result<ThreadNumbers> ThreadNumbers::find(pid_t pid, std::span<const Mapping> mappings,
                                          const process::MemoryReader& memory) {
  constexpr std::array<std::string_view, 1> kSymbols = {"_thread_db_pthread_tid"};
  std::string_view looked_into;
  for (const Mapping& mapping : mappings) {
    const bool is_program = &mapping == &mappings.front();
    if (mapping.path == looked_into || (!is_program && !may_hold_descriptor(mapping.path)))
      continue;
    looked_into = mapping.path;
    const auto elf = process::look_up_mapped(pid, mapping, kSymbols, "");
    FieldDescriptor field{};
    if (elf && elf->symbols[0] && memory.read_value(*elf->symbols[0], field) && field.bits == 32 &&
        field.offset < kMaxNumberOffset)
      return ThreadNumbers(field.offset);
  }
  return Error::invalid(
      "the C library of process {} does not tell the numbers of its threads, which CPython before "
      "3.11 needs; glibc does, musl does not",
      pid);
}

std::uint64_t ThreadNumbers::of(const process::MemoryReader& memory, RemoteAddress pthread) const {
  std::int32_t tid = 0;
  return memory.read_value(pthread + offset_, tid) && tid > 0 ? static_cast<std::uint64_t>(tid) : 0;
}

}  // namespace phlox::cpython
