#include "cpython/thread_numbers.h"

#include <algorithm>
#include <array>
#include <cstddef>
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

// The beginning of musl's struct pthread: see the header.
struct MuslThread {
  RemoteAddress self;
  std::array<std::uint64_t, 5> others;
  std::uint64_t canary2;
};
constexpr std::uint32_t kWithoutCanary2 = offsetof(MuslThread, canary2);
constexpr std::uint32_t kWithCanary2 = sizeof(MuslThread);

// glibc has it in libpthread before 2.34, then in libc; a static program holds it itself.
bool may_hold_descriptor(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name.starts_with("libc.so") || name.starts_with("libc-") || name.starts_with("libpthread");
}

}  // namespace

std::optional<ThreadNumbers> ThreadNumbers::find(pid_t pid, std::span<const Mapping> mappings,
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
  return std::nullopt;
}

std::optional<ThreadNumbers> ThreadNumbers::find_in_musl(const process::MemoryReader& memory,
                                                         std::span<const RemoteAddress> pthreads,
                                                         std::span<const pid_t> tids) {
  const auto fits = [&](const ThreadNumbers& numbers) {
    bool is_here = false;
    for (const RemoteAddress pthread : pthreads) {
      MuslThread thread{};
      if (!memory.read_value(pthread, thread) || thread.self != pthread) return false;
      const std::uint64_t number = numbers.of(memory, pthread);
      if (number == 0 || (numbers.offset_ == kWithCanary2 && thread.canary2 != 0)) return false;
      is_here |= std::ranges::find(tids, static_cast<pid_t>(number)) != tids.end();
    }
    return is_here;
  };
  for (const std::uint32_t offset : {kWithoutCanary2, kWithCanary2})
    if (const ThreadNumbers numbers(offset); fits(numbers)) return numbers;
  return std::nullopt;
}

std::uint64_t ThreadNumbers::of(const process::MemoryReader& memory, RemoteAddress pthread) const {
  std::int32_t tid = 0;
  return memory.read_value(pthread + offset_, tid) && tid > 0 ? static_cast<std::uint64_t>(tid) : 0;
}

}  // namespace phlox::cpython
