// Which engine looks: the asked one, or the best that this machine permits.
#pragma once

#include <memory>

#include "base/result.h"
#include "sampler/sampler.h"

namespace phlox::sampler {

// kAuto takes `ebpf` where it can be had, else `read`, and says why in one line of the log; where
// wall time or the GIL is asked for, `read` alone, which does it all. With kEbpf these come from
// `read` beside it (dual_engine.h). An error says what is missing: kPermission, kInvalid.
Result<std::unique_ptr<Engine>> open_engine(const Options& options);

}  // namespace phlox::sampler
