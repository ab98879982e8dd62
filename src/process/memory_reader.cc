#include "process/memory_reader.h"

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace phlox::process {
namespace {

constexpr std::size_t kRangesPerCall = 64;

// iovec wants pointers, also for the addresses on the other side, which are never dereferenced
// here.
void* as_pointer(RemoteAddress address) {
  return reinterpret_cast<void*>(
      to_number(address));  // NOLINT(performance-no-int-to-ptr): the system call's interface
}

}  // namespace

std::size_t ProcessMemory::read_ranges(std::span<const ReadRange> ranges) const {
  std::size_t done = 0;
  while (done < ranges.size()) {
    const auto batch = ranges.subspan(done, std::min(kRangesPerCall, ranges.size() - done));
    std::array<iovec, kRangesPerCall> local;
    std::array<iovec, kRangesPerCall> remote;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      local[i] = {batch[i].into.data(), batch[i].into.size()};
      remote[i] = {as_pointer(batch[i].from), batch[i].into.size()};
    }
    const auto count = static_cast<unsigned long>(batch.size());
    ssize_t bytes = process_vm_readv(pid_, local.data(), count, remote.data(), count, 0);
    std::size_t whole = 0;
    while (whole < batch.size() && bytes >= static_cast<ssize_t>(batch[whole].into.size()) &&
           bytes >= 0)
      bytes -= static_cast<ssize_t>(batch[whole++].into.size());
    done += whole;
    if (whole < batch.size()) break;
  }
  return done;
}

int ProcessMemory::probe(RemoteAddress address) const {
  std::byte byte{};
  iovec local{&byte, 1};
  iovec remote{as_pointer(address), 1};
  return process_vm_readv(pid_, &local, 1, &remote, 1, 0) == 1 ? 0 : errno;
}

}  // namespace phlox::process
