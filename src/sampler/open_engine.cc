#include "sampler/open_engine.h"

#include "base/log.h"
#include "sampler/ebpf_engine.h"
#include "sampler/read_engine.h"

namespace phlox::sampler {
namespace {

constexpr std::string_view kNeedsEbpf = "native frames need engine ebpf";

// What only engine read looks at.
bool needs_read(const Options& options) {
  return options.looks.off_cpu || options.looks.gil || options.looks.tasks;
}

Result<std::unique_ptr<EbpfEngine>> open_ebpf(const Options& options) {
  if (needs_read(options))
    return Error::invalid(
        "it looks at threads that run only; wall time, the GIL and tasks of asyncio need read");
  return EbpfEngine::open(options.rate_hz, options.window, options.native, Clock::system());
}

}  // namespace

Result<std::unique_ptr<Engine>> open_engine(const Options& options) {
  const bool needs_ebpf = options.native == NativeFrames::kYes;
  if (options.engine != EngineChoice::kRead) {
    auto ebpf = open_ebpf(options).context("engine ebpf cannot be used");
    if (ebpf) return std::unique_ptr<Engine>(std::move(*ebpf));
    if (options.engine == EngineChoice::kEbpf) return std::move(ebpf).error();
    if (needs_ebpf) return std::move(ebpf).context(kNeedsEbpf).error();
    // Who asks for what only read can do need not hear that it does.
    log(needs_read(options) ? LogLevel::kDebug : LogLevel::kInfo, "sampling with engine read: {}",
        ebpf.error().message());
  }
  if (needs_ebpf)
    return Error::invalid(
        "{}; leave --engine read away, and run as root or grant CAP_BPF and CAP_PERFMON",
        kNeedsEbpf);
  return std::make_unique<ReadEngine>(options.rate_hz, options.window, options.looks,
                                      Clock::system());
}

}  // namespace phlox::sampler
