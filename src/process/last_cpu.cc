#include "process/last_cpu.h"

#include <sched.h>

#include <array>
#include <string_view>

#include "process/elf_symbols.h"

namespace phlox::process {
namespace {

constexpr std::string_view kLoader = "/ld-linux-x86-64.so.2";
// Both are for everybody to use (glibc 2.35, manual, "Restartable Sequences"); nothing is
// registered where the size is 0.
constexpr std::array<std::string_view, 2> kSymbols = {"__rseq_offset", "__rseq_size"};
// struct rseq (linux/rseq.h): cpu_id_start, cpu_id.
constexpr std::uint64_t kCpu = sizeof(std::uint32_t);

}  // namespace

std::optional<std::int64_t> find_rseq(pid_t pid, std::span<const Mapping> mappings,
                                      const MemoryReader& memory) {
  for (const Mapping& mapping : mappings) {
    if (!mapping.path.ends_with(kLoader)) continue;
    const auto elf = look_up_mapped(pid, mapping, kSymbols, "");
    if (!elf || !elf->symbols[0] || !elf->symbols[1]) return std::nullopt;
    std::int64_t offset = 0;
    std::uint32_t size = 0;
    if (!memory.read_value(*elf->symbols[0], offset) ||
        !memory.read_value(*elf->symbols[1], size) || size == 0)
      return std::nullopt;
    return offset;
  }
  return std::nullopt;
}

std::optional<RemoteAddress> last_cpu_of(const MemoryReader& memory, RemoteAddress pthread,
                                         std::int64_t rseq) {
  // A pthread_t points to what begins with itself, another pointer, and itself again (tcbhead_t).
  std::array<RemoteAddress, 3> head{};
  if (!memory.read_value(pthread, head) || head[0] != pthread || head[2] != pthread)
    return std::nullopt;
  const RemoteAddress at = pthread + (static_cast<std::uint64_t>(rseq) + kCpu);
  std::uint32_t cpu = 0;
  if (!memory.read_value(at, cpu) || cpu >= CPU_SETSIZE) return std::nullopt;
  return at;
}

}  // namespace phlox::process
