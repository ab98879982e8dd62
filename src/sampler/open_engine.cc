#include "sampler/open_engine.h"

#include "base/log.h"
#include "sampler/dual_engine.h"
#include "sampler/ebpf_engine.h"
#include "sampler/read_engine.h"

namespace phlox::sampler {
namespace {

constexpr std::string_view kNeedsEbpf = "native frames need engine ebpf";

bool looks_off_cpu(const Options& options) { return options.looks.off_cpu || options.looks.gil; }

// Does all that is asked alone, so that a second engine would only cost.
bool read_suffices(const Options& options) {
  return looks_off_cpu(options) && options.native == NativeFrames::kNo;
}

std::unique_ptr<ReadEngine> open_read(const Options& options) {
  return std::make_unique<ReadEngine>(options.rate_hz, options.window, options.looks,
                                      Clock::system());
}

Result<std::unique_ptr<Engine>> open_ebpf(const Options& options) {
  const Clock& clock = Clock::system();
  PHLOX_TRY(auto ebpf, EbpfEngine::open(options.rate_hz, options.window, options.native,
                                        options.looks.tasks, clock));
  if (!looks_off_cpu(options)) return std::unique_ptr<Engine>(std::move(ebpf));
  return std::make_unique<DualEngine>(std::move(ebpf), open_read(options), options.window, clock);
}

}  // namespace

Result<std::unique_ptr<Engine>> open_engine(const Options& options) {
  const bool needs_ebpf = options.native == NativeFrames::kYes;
  if (options.engine == EngineChoice::kRead && needs_ebpf)
    return Error::invalid(
        "{}; leave --engine read away, and run as root or grant CAP_BPF and CAP_PERFMON",
        kNeedsEbpf);
  const bool takes_read = options.engine == EngineChoice::kRead ||
                          (options.engine == EngineChoice::kAuto && read_suffices(options));
  if (takes_read) return open_read(options);
  auto ebpf = open_ebpf(options).context("engine ebpf cannot be used");
  if (ebpf || options.engine == EngineChoice::kEbpf) return ebpf;
  if (needs_ebpf) return std::move(ebpf).context(kNeedsEbpf);
  log(LogLevel::kInfo, "sampling with engine read: {}", ebpf.error().message());
  return open_read(options);
}

}  // namespace phlox::sampler
