// What every thread of a Python process does at this moment, and what tasks of asyncio wait for,
// for people to read.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "cpython/frame_locals.h"
#include "sampler/engine.h"

namespace phlox::sampler {

struct FrameDump {
  std::string function;  // qualified name
  std::string file;      // of native code and the kernel their module
  std::uint32_t line = 0;
  std::vector<cpython::Local> locals;  // where they are asked for
};

struct ThreadDump {
  pid_t tid = 0;
  std::string name;      // as the kernel has it: 15 bytes at most
  bool running = false;  // on a CPU or waiting for one
  GilRole gil = GilRole::kNone;
  // What is known of its stack: kSample, kMoving, kUnreadable or kNative.
  EventKind kind = EventKind::kNative;
  std::vector<FrameDump> frames;  // leaf first
};

// A task that two readings have seen wait at the same place.
struct TaskDump {
  std::string name;
  std::vector<FrameDump> frames;  // leaf first: its coroutines, then the tasks that await it
};

struct Dump {
  std::vector<ThreadDump> threads;  // by thread number
  std::vector<TaskDump> tasks;      // where they are asked for
  bool all_tasks = true;            // false: there are more than cpython::kMaxTasks
  // Why threads that run show no native frames, where these are asked for; else empty.
  std::string no_native;
};

// What is asked for besides the stacks.
struct DumpParts {
  bool locals = false;
  bool waiting_tasks = false;
  bool native = false;  // C code and the kernel where Python calls them
};

// The process is not stopped, so each thread's stack is of an instant of its own;
// one that runs is read until two readings have seen it stand still, or some twenty times, and is
// then cut to what is certain (kMoving). For native frames of threads that run, engine ebpf looks
// for up to a fifth of a second, where that is permitted. Errors as Sampler::attach. Some
// milliseconds, and with locals or waiting tasks some 100 us more for each frame.
Result<Dump> dump_process(pid_t pid, DumpParts parts);

}  // namespace phlox::sampler
