// Sampler: samples Python processes from outside and adds the samples up to one window per process
// and 10 s.
//
// Owns one thread, which does all sampling; add and stop from any other one thread. Nothing is
// loaded into a target and it is never stopped. A target that ends, executes another program or
// cannot be read never ends the sampler.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "profile/profile.h"
#include "sampler/engine.h"

namespace phlox::sampler {

inline constexpr double kDefaultRateHz = 100;
inline constexpr double kMaxRateHz = 10'000;

enum class EngineChoice { kAuto, kEbpf, kRead };  // see open_engine.h

struct Options {
  EngineChoice engine = EngineChoice::kAuto;
  double rate_hz = kDefaultRateHz;                // mean rate of looks at each running thread
  Nanoseconds window = std::chrono::seconds(10);  // windows are aligned to the wall clock
  Looks looks = {};
  NativeFrames native = NativeFrames::kNo;  // engine `ebpf` only
  bool threads = false;                     // each stack begins with a frame [thread NAME TID]
};

// One pprof of a window: name is what stands before the first ':' of its profile types.
//   process_cpu   cpu/nanoseconds: CPU time by stack
//   wall          wall/nanoseconds, with Looks::off_cpu: time by stack, running or not
//   gil           with Looks::gil: gil/nanoseconds, held; gil_wait/nanoseconds, waited for;
//                 gil_block/nanoseconds, the same time on the stack of the holder
//   phlox_window  one frame with facts: limit/nanoseconds, throttled/nanoseconds,
//                 samples_wanted/count, samples_taken/count, samples_unproved/count
struct NamedProfile {
  std::string name;
  profile::Profile
      profile;  // start and duration are the part of the window for which the process was watched
};

struct Window {
  pid_t pid = 0;
  int worker = 0;  // stable slot of the process among those of this sampler: the lowest number free
                   // when it appeared
  std::vector<NamedProfile> profiles;
};

// Since start, over all targets.
struct Statistics {
  std::uint64_t samples_wanted = 0;  // looks that were due at running threads
  std::uint64_t samples_taken = 0;   // of which gave a stack
  std::uint64_t samples_unproved =
      0;  // of which the thread may have moved meanwhile: cut to what is certain, [moving]
  std::uint64_t threads_missed = 0;  // memory that could not be read: [unreadable]
  Nanoseconds kernel_cpu{};     // CPU time of the targets by the kernel's accounting while watched
  Nanoseconds sampled_cpu{};    // of which samples carry
  double ticks_per_second = 0;  // real rate
  Nanoseconds late_p50{};       // of ticks, as in Engine::Counts
  Nanoseconds late_p99{};
};

class Sampler {
 public:
  // Called on the sampler's thread for each finished window; must not block.
  using Sink = std::function<void(Window)>;

  // `engine`: what open_engine() gives for the same options.
  Sampler(std::unique_ptr<Engine> engine, const Options& options, Sink sink);
  // Stops as stop() does.
  ~Sampler();
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  // Profiles a Python process that runs now, and its descendants as follow() does. The error says
  // why it cannot be done and what would help: kGone no such process, kPermission, kInvalid not
  // Python or a version phlox does not know.
  Result<> attach(pid_t pid);

  // Watches a process that the caller has started and that has not run yet, whatever it runs now or
  // later, and all its descendants, found within a second of their start, and profiles those that
  // are Python, from their birth. What cannot be sampled is logged once, as one warning.
  void follow(pid_t pid);

  // True once every process given to attach or follow has ended, descendants included.
  bool idle() const;
  // A file that can be read as long as idle() is true: to wait for that.
  int idle_file() const;

  // Hands what is left of open windows to the sink, then ends the thread. Idempotent.
  void stop();

  Statistics statistics() const;  // any thread

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace phlox::sampler
