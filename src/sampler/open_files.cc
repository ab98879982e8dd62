#include "sampler/open_files.h"

#include <sys/resource.h>

namespace phlox::sampler {

void allow_many_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  // Where it is refused the engine says which process it could not take.
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace phlox::sampler
