// Work that another thread does meanwhile, for as long as somebody waits for what this one does.
#pragma once

#include <future>
#include <utility>

#include "base/cancellation.h"

namespace phlox {

// A future of what `work` returns; whoever drops it waits. Starting the thread costs some tens of
// microseconds.
template <class Work>
[[nodiscard]] auto run_beside(Work work) {
  return std::async(std::launch::async, [token = cancellation_token(), work = std::move(work)] {
    const CancellationScope scope(token);
    return work();
  });
}

}  // namespace phlox
