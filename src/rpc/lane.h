// Lane: threads that run what is posted, in the order of posting. Any thread may post. The
// destructor runs what still waits, then ends the threads.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace phlox::rpc {

class Lane {
 public:
  Lane(unsigned threads, std::size_t max_waiting);
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  // False, and nothing will run, while `max_waiting` of them wait already.
  [[nodiscard]] bool post(std::function<void()> work);

 private:
  void run();

  const std::size_t max_waiting_;
  std::mutex mutex_;  // guards the next three
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  bool is_ending_ = false;
  std::vector<std::jthread> threads_;  // last: they use all above
};

}  // namespace phlox::rpc
