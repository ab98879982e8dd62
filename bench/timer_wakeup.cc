// phlox-timer: what a sampler costs that does not look: wakes up at a rate beside a busy process,
// on the CPU where that runs, by the same clock, policy and jitter as engine `read`, and does
// nothing. With --calls it makes the system calls that a stack and its proof take, and nothing
// else: what remains of engine `read` when all of its own work is taken away.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <random>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "cpython/interpreter.h"
#include "cpython/stack_reader.h"
#include "cpython/thread_list.h"
#include "process/memory_reader.h"
#include "process/thread_stat.h"
#include "sampler/scheduling.h"
#include "sampler/ticker.h"

namespace phlox::bench {
namespace {

// Remembers what is asked of it first.
class FirstRead final : public process::MemoryReader {
 public:
  explicit FirstRead(const process::MemoryReader& memory) : memory_(memory) {}
  std::size_t read_ranges(std::span<const process::ReadRange> ranges) const override {
    if (ranges_.empty()) ranges_.assign(ranges.begin(), ranges.end());
    return memory_.read_ranges(ranges);
  }
  const std::vector<process::ReadRange>& ranges() const { return ranges_; }

 private:
  const process::MemoryReader& memory_;
  mutable std::vector<process::ReadRange> ranges_;
};

// The calls for a sample of a process's main thread, as the second look at it makes them.
class LookCalls {
 public:
  LookCalls(pid_t pid, process::ThreadFiles& files) : pid_(pid), memory_(pid), files_(files) {}

  // An error where there is no stack to read.
  Result<> prepare() {
    PHLOX_TRY(const auto interpreter, cpython::find_interpreter(pid_));
    std::vector<cpython::ThreadState> threads;
    cpython::list_threads(interpreter, memory_, threads);
    const auto thread = std::ranges::find(threads, static_cast<std::uint64_t>(pid_),
                                          &cpython::ThreadState::native_id);
    if (thread == threads.end())
      return Error::not_found("the main thread of process {} has no Python", pid_);
    thread->last_cpu = cpython::find_last_cpu(interpreter, memory_, *thread);
    cpython::StackGuess guess;
    reader_.read(interpreter.layout, memory_, *thread, guess, *stack_);
    const FirstRead first(memory_);
    reader_.read(interpreter.layout, first, *thread, guess, *stack_);
    ranges_ = first.ranges();
    return {};
  }

  void make() const {
    files_.sched_stat();
    memory_.read_ranges(ranges_);
    files_.sched_stat();
  }

 private:
  pid_t pid_;
  process::ProcessMemory memory_;
  process::ThreadFiles& files_;
  cpython::StackReader reader_;
  std::unique_ptr<cpython::RawStack> stack_ = std::make_unique<cpython::RawStack>();
  std::vector<process::ReadRange> ranges_;  // into reader_'s memory
};

int run(int argc, char** argv) {
  CLI::App app("Wakes up at a rate beside a process, and does nothing.", "phlox-timer");
  pid_t pid = 0;
  double rate_hz = 100;
  double seconds = 1;
  bool with_calls = false;
  app.add_option("--pid", pid, "process beside which to wake")->required();
  app.add_option("--rate", rate_hz, "wake-ups a second");
  app.add_option("--seconds", seconds, "how long");
  app.add_flag("--calls", with_calls,
               "make the system calls that a look at its Python stack takes");
  CLI11_PARSE(app, argc, argv);

  sampler::raise_priority();
  auto files = process::ThreadFiles::open(pid, pid);
  const auto stat = files ? files->stat() : std::nullopt;
  if (!stat || !sampler::move_to_cpu(stat->cpu)) {
    fmt::print(stderr, "phlox-timer: cannot wake up beside process {}\n", pid);
    return 1;
  }
  LookCalls calls(pid, *files);
  if (const auto prepared = with_calls ? calls.prepare() : Result<>(); !prepared) {
    fmt::print(stderr, "phlox-timer: {}\n", prepared.error().message());
    return 1;
  }
  const Clock& clock = Clock::system();
  const auto start = clock.steady_now();
  const auto end =
      start + std::chrono::duration_cast<Nanoseconds>(std::chrono::duration<double>(seconds));
  sampler::Ticker ticker(rate_hz, start, std::random_device()());
  while (clock.steady_now() < end) {
    sampler::sleep_until(ticker.next(clock.steady_now()));
    if (with_calls) calls.make();
  }
  return 0;
}

}  // namespace
}  // namespace phlox::bench

int main(int argc, char** argv) { return phlox::bench::run(argc, argv); }
