// Whether anybody still waits for what this thread works on. Who runs the work opens a
// CancellationScope around it; loops deep inside ask is_cancelled() now and then and give up. Work
// outside of any scope is never cancelled. Asking costs some nanoseconds; any thread.
#pragma once

#include <stop_token>
#include <utility>

#include "base/result.h"

namespace phlox {

class CancellationScope {
 public:
  explicit CancellationScope(std::stop_token token)
      : token_(std::move(token)), outer_(std::exchange(current_, &token_)) {}
  ~CancellationScope() { current_ = outer_; }
  CancellationScope(const CancellationScope&) = delete;
  CancellationScope& operator=(const CancellationScope&) = delete;

 private:
  friend bool is_cancelled();
  friend std::stop_token cancellation_token();
  static inline thread_local const std::stop_token* current_ = nullptr;

  const std::stop_token token_;
  const std::stop_token* const outer_;
};

inline bool is_cancelled() {
  return CancellationScope::current_ != nullptr && CancellationScope::current_->stop_requested();
}

// kGone once it is: what such a loop returns.
inline Result<> check_not_cancelled() {
  return is_cancelled() ? Result<>(Error::gone("nobody waits for the answer any more"))
                        : Result<>();
}

// Of the scope that this thread is in, for the scope of a thread that works for it.
inline std::stop_token cancellation_token() {
  return CancellationScope::current_ == nullptr ? std::stop_token() : *CancellationScope::current_;
}

}  // namespace phlox
