// phlox-timer: what a sampler costs that does not look: wakes up at a rate beside a busy process,
// on the CPU where that runs, by the same clock, policy and jitter as engine `read`, and does
// nothing.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <random>

#include "base/clock.h"
#include "process/thread_stat.h"
#include "sampler/scheduling.h"
#include "sampler/ticker.h"

int main(int argc, char** argv) {
  CLI::App app("Wakes up at a rate beside a process, and does nothing.", "phlox-timer");
  pid_t pid = 0;
  double rate_hz = 100;
  double seconds = 1;
  app.add_option("--pid", pid, "process beside which to wake")->required();
  app.add_option("--rate", rate_hz, "wake-ups a second");
  app.add_option("--seconds", seconds, "how long");
  CLI11_PARSE(app, argc, argv);

  phlox::sampler::raise_priority();
  auto files = phlox::process::ThreadFiles::open(pid, pid);
  const auto stat = files ? files->stat() : std::nullopt;
  if (!stat || !phlox::sampler::move_to_cpu(stat->cpu)) {
    fmt::print(stderr, "phlox-timer: cannot wake up beside process {}\n", pid);
    return 1;
  }
  const phlox::Clock& clock = phlox::Clock::system();
  const auto start = clock.steady_now();
  const auto end = start + std::chrono::duration_cast<phlox::Nanoseconds>(
                               std::chrono::duration<double>(seconds));
  phlox::sampler::Ticker ticker(rate_hz, start, std::random_device()());
  while (clock.steady_now() < end) phlox::sampler::sleep_until(ticker.next(clock.steady_now()));
  return 0;
}
