// What every thread of a Python process does at this moment, for people to read.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "sampler/engine.h"

namespace phlox::sampler {

struct ThreadDump {
  struct Frame {
    std::string function;  // qualified name
    std::string file;
    std::uint32_t line = 0;
  };

  pid_t tid = 0;
  std::string name;      // as the kernel has it: 15 bytes at most
  bool running = false;  // on a CPU or waiting for one
  GilRole gil = GilRole::kNone;
  // What is known of its stack: kSample, kMoving, kUnreadable or kNative.
  EventKind kind = EventKind::kNative;
  std::vector<Frame> frames;  // leaf first
};

// By thread number. The process is not stopped, so each thread's stack is of an instant of its own;
// one that runs is read until two readings have seen it stand still, or some twenty times, and is
// then cut to what is certain (kMoving). Errors as Sampler::attach. Some milliseconds.
Result<std::vector<ThreadDump>> dump_threads(pid_t pid);

}  // namespace phlox::sampler
