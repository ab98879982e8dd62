// WakeUp: what a thread waits with that others call, and the kernel, which calls by a file.
#pragma once

#include <atomic>

#include "base/clock.h"
#include "base/unique_fd.h"

namespace phlox::sampler {

class WakeUp {
 public:
  WakeUp();  // aborts where there is no descriptor left

  void call();  // any thread: the wait that lasts, or the next one, ends

  // One thread. Until then, or a call, or until `file` can be read; -1: there is no such file.
  // Whether the file can be read and nobody has called.
  bool wait_until(SteadyTime time, int file);

 private:
  UniqueFd called_;
};

// A truth that can be waited for: its file can be read as long as it is true.
class Flag {
 public:
  Flag();                                 // false; aborts as WakeUp() does
  void set(bool value);                   // one thread at a time
  bool is_set() const { return value_; }  // any thread
  int file() const { return file_.get(); }

 private:
  std::atomic<bool> value_ = false;
  UniqueFd file_;
};

}  // namespace phlox::sampler
