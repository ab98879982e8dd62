// TaskFrames: the tasks of asyncio in samples of engine `ebpf`. The program in the kernel copies
// what the name of a task is made of; here it becomes frames of the sample's stack. And it must be
// told where a process has its tasks, which only shows once asyncio is imported. One thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "bpf/python_stack.h"
#include "cpython/interpreter.h"
#include "cpython/running_tasks.h"
#include "process/memory_reader.h"
#include "sampler/task_search.h"

namespace phlox::sampler {

class TaskFrames {
 public:
  // `target`: its number in the kernel.
  void add(std::uint32_t target, pid_t pid, const cpython::Interpreter& interpreter);
  void remove(std::uint32_t target) { targets_.erase(target); }

  // Looks for asyncio where it has not been found yet, ever more rarely: some milliseconds. True
  // if it was found now, so that the kernel must be told.
  bool search(std::uint32_t target, SteadyTime now);
  // With what the target itself says of its tasks.
  const cpython::Layout& layout(std::uint32_t target) const;
  // The dict of the tasks that run; kNull from 3.14 on, where the layout says it.
  process::RemoteAddress running_tasks(std::uint32_t target) const;

  // Keeps it until the sample of the same CPU comes.
  void take(const phlox_task& record);
  // Puts what was kept for the sample where it belongs.
  void insert_into(const phlox_sample& sample, std::vector<cpython::RawFrame>& frames) const;

 private:
  struct Target {
    pid_t pid = 0;
    cpython::Interpreter interpreter;
    process::ProcessMemory memory;
    cpython::RunningTasks tasks;
    process::RemoteAddress running_tasks{};
    bool found = false;
    TaskSearchPace pace;
  };
  struct Pending {
    std::uint64_t number = 0;  // of the sample that they belong to
    std::size_t frames_above = 0;
    std::vector<cpython::RawFrame> frames;
  };
  std::unordered_map<std::uint32_t, Target> targets_;
  std::unordered_map<std::uint32_t, Pending> pending_;  // by CPU
};

}  // namespace phlox::sampler
