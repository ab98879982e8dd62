#include "sampler/process_news.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace phlox::sampler {

bool ProcessNews::watch(pid_t pid) {
  if (!load_average_) return false;
  auto file = process::ProcFile::open(fmt::format("/proc/{}/stat", pid));
  if (!file) return false;
  const auto stat = process::parse_process_stat(file->read());
  if (!stat) return false;
  const std::scoped_lock lock(mutex_);
  added_.push_back({.file = std::move(*file), .last = *stat});
  return true;
}

ProcessNews::News ProcessNews::Watched::read() {
  const auto stat = process::parse_process_stat(file.read());
  if (!stat) return News::kGone;
  const auto before = std::exchange(last, *stat);
  const bool same = stat->identity == before.identity && stat->parent == before.parent &&
                    stat->reaped == before.reaped && stat->has_ended() == before.has_ended();
  return same ? News::kNone : News::kSome;
}

bool ProcessNews::look(SteadyTime now) {
  if (!load_average_) return false;
  bool news = false;
  if (now >= next_count_) {
    next_count_ = now + kInterval;
    const auto newest = load_average_->newest_pid();
    news = std::exchange(newest_, newest) != newest;
    if (const std::unique_lock lock(mutex_, std::try_to_lock); lock)
      std::ranges::move(std::exchange(added_, {}), std::back_inserter(watched_));
  }
  if (watched_.empty()) {
    next_process_ = now;  // the first ones, too, are asked one after the other
    return news;
  }
  const auto count = static_cast<std::int64_t>(watched_.size());
  const Nanoseconds round = std::clamp(kIntervalPerProcess * count, kInterval, kMaxInterval);
  next_process_ = std::max(next_process_, now - round);
  for (; next_process_ <= now && !watched_.empty(); next_process_ += round / count) {
    at_ %= watched_.size();
    const News of_one = watched_[at_].read();
    news |= of_one != News::kNone;
    if (of_one == News::kGone) {
      watched_.erase(watched_.begin() + static_cast<std::ptrdiff_t>(at_));
    } else {
      ++at_;
    }
  }
  return news;
}

}  // namespace phlox::sampler
