// On which CPU a thread was last in its own code, in its own memory. The C library gives the kernel
// a struct rseq of each thread (rseq(2)), and before the thread goes on in its own code on another
// CPU the kernel writes there on which. So what says the CPU of the reader, read after other memory
// of the thread, says that the thread has not been in its code elsewhere meanwhile.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>

#include "process/memory_map.h"
#include "process/memory_reader.h"

namespace phlox::process {

// Where the struct lies, counted from the thread's pthread_t: the same for all threads. nullopt
// where the C library has none or could not register it: glibc before 2.35, musl, valgrind.
std::optional<std::int64_t> find_rseq(pid_t pid, std::span<const Mapping> mappings,
                                      const MemoryReader& memory);

// The member that says the CPU, a std::uint32_t. nullopt if there is no thread at that pthread_t.
std::optional<RemoteAddress> last_cpu_of(const MemoryReader& memory, RemoteAddress pthread,
                                         std::int64_t rseq);

}  // namespace phlox::process
