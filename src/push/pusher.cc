#include "push/pusher.h"

#include <signal.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>
#include <stop_token>
#include <thread>

#include "base/gzip.h"
#include "base/log.h"
#include "format/pprof.h"
#include "http/client.h"
#include "push/parcel_queue.h"
#include "push/post.h"
#include "push/push_request.h"

namespace phlox::push {
namespace {

constexpr Nanoseconds kFirstBackoff = std::chrono::milliseconds(500);

// What a profile takes in memory before it is encoded, roughly: it waits like that for one request
// at the most.
std::size_t approximate_bytes(const profile::Profile& profile) {
  constexpr std::size_t kSymbolBytes = 64;
  const auto& symbols = profile.symbols;
  return sizeof profile + profile.values.size() * sizeof(std::int64_t) +
         profile.stacks.size() * sizeof(profile::StackId) +
         kSymbolBytes * (symbols.string_count() + symbols.function_count() + symbols.frame_count() +
                         symbols.stack_count());
}

Parcel encode(const OutgoingProfile& profile) {
  const std::string pprof = gzip(format::encode_pprof(profile.profile));
  return {.push_request = encode_push_request(profile.labels, pprof, random_uuid())};
}

// Signals are for the thread that waits for them, so this one starts with all of them blocked.
template <class Run>
std::jthread start_without_signals(Run run) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  std::jthread thread(std::move(run));
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace

// A profile goes from fresh_ (as it came) through queue_ (encoded) into the batch that the thread
// holds while it sends, and back to queue_ if that failed.
class Pusher::Worker {
 public:
  Worker(const Options& options, http::BaseUrl url)
      : options_(options),
        client_(std::move(url)),
        backoff_(first_backoff()),
        thread_(start_without_signals([this](const std::stop_token& stop) { run(stop); })) {}

  ~Worker() {
    {
      const std::scoped_lock lock(mutex_);
      ending_ = true;
    }
    thread_.request_stop();
    client_.abort();
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void enqueue(OutgoingProfile profile) {
    const std::size_t bytes = approximate_bytes(profile.profile);
    const std::scoped_lock lock(mutex_);
    ++counts_.enqueued;
    fresh_.push_back({std::move(profile), bytes});
    fresh_bytes_ += bytes;
    enforce_bound();
    changed_.notify_all();
  }

  bool flush(Nanoseconds timeout) {
    std::unique_lock lock(mutex_);
    ++flushing_;
    backoff_ = first_backoff();
    if (!told_when_to_retry_) next_try_ = SteadyTime();
    changed_.notify_all();
    const bool all_gone = emptied_.wait_for(lock, timeout, [this] { return waiting() == 0; });
    --flushing_;
    return all_gone;
  }

  Counts counts() const {
    const std::scoped_lock lock(mutex_);
    Counts counts = counts_;
    counts.waiting = waiting();
    return counts;
  }

 private:
  using Lock = std::unique_lock<std::mutex>;
  struct Fresh {
    OutgoingProfile profile;
    std::size_t bytes = 0;
  };

  static SteadyTime now() { return Clock::system().steady_now(); }
  Nanoseconds first_backoff() const { return std::min(kFirstBackoff, options_.max_backoff); }
  std::size_t waiting() const { return fresh_.size() + queue_.size() + held_; }

  void run(const std::stop_token& stop) {
    Lock lock(mutex_);
    while (!stop.stop_requested()) {
      if (!fresh_.empty()) {
        encode_oldest(lock);
      } else if (queue_.empty()) {
        changed_.wait(lock, stop, [this] { return !fresh_.empty(); });
      } else if (now() < next_try_) {
        const SteadyTime until = next_try_;  // a copy: the wait reads it without the lock
        changed_.wait_until(lock, stop, until,
                            [this] { return !fresh_.empty() || now() >= next_try_; });
      } else {
        send_batch(lock);
      }
    }
  }

  void encode_oldest(Lock& lock) {
    const Fresh oldest = std::move(fresh_.front());
    fresh_.pop_front();
    fresh_bytes_ -= oldest.bytes;
    held_ = 1;
    lock.unlock();
    Parcel parcel = encode(oldest.profile);
    lock.lock();
    held_ = 0;
    queue_.append(std::move(parcel));
    enforce_bound();
  }

  void send_batch(Lock& lock) {
    std::vector<Parcel> batch = queue_.take_batch(options_.max_request_bytes);
    const std::string request = join(batch);
    held_ = batch.size();
    held_bytes_ = request.size();
    lock.unlock();
    const Verdict verdict = post(client_, request);
    lock.lock();
    held_ = 0;
    held_bytes_ = 0;
    if (verdict.outcome == Verdict::Outcome::kAway) {
      retry_later(std::move(batch), verdict);
      return;
    }
    note_server_is_there(batch.size());
    if (verdict.outcome == Verdict::Outcome::kStored) {
      counts_.sent += batch.size();
      last_refusal_.clear();
    } else {
      accept_refusal(std::move(batch), verdict.reason);
    }
    if (waiting() == 0) {
      dropping_ = false;
      emptied_.notify_all();
    }
  }

  void retry_later(std::vector<Parcel> batch, const Verdict& verdict) {
    queue_.put_back(std::move(batch));
    enforce_bound();
    // Half of it is chance, so that the agents of a server that restarts do not all come at once.
    const auto backoff = backoff_ * std::uniform_real_distribution<double>(0.5, 1)(random_);
    told_when_to_retry_ = verdict.retry_after.has_value();
    next_try_ = now() + std::max(std::chrono::duration_cast<Nanoseconds>(backoff),
                                 verdict.retry_after.value_or(Nanoseconds(0)));
    backoff_ = flushing_ > 0 ? first_backoff() : std::min(backoff_ * 2, options_.max_backoff);
    // The last request of a Pusher that ends is broken off by itself; nobody is away then.
    if (counts_.server_away || ending_) return;
    counts_.server_away = true;
    log(LogLevel::kWarning, "profiles wait, up to {} MiB, until the server takes them: {}",
        options_.max_queued_bytes >> 20, verdict.reason);
  }

  void note_server_is_there(std::size_t arrived) {
    backoff_ = first_backoff();
    next_try_ = SteadyTime();
    told_when_to_retry_ = false;
    if (!counts_.server_away) return;
    counts_.server_away = false;
    log(LogLevel::kInfo, "{} is back; sending the profiles that waited: {}",
        client_.url().to_string(), arrived + waiting());
  }

  // One bad profile makes the server refuse all that travel with it, so they go again one by one.
  void accept_refusal(std::vector<Parcel> batch, const std::string& reason) {
    if (batch.size() > 1) {
      for (Parcel& parcel : batch) parcel.alone = true;
      queue_.put_back(std::move(batch));
      return;
    }
    ++counts_.refused;
    if (reason == last_refusal_) return;  // said before; it is counted
    last_refusal_ = reason;
    log(LogLevel::kWarning, "a profile was refused and is dropped: {}", reason);
  }

  // Drops from the oldest on, but not what is being sent now: the server may have it already.
  void enforce_bound() {
    while (fresh_bytes_ + queue_.bytes() + held_bytes_ > options_.max_queued_bytes) {
      if (!queue_.empty()) {
        queue_.drop_oldest();
      } else if (!fresh_.empty()) {
        fresh_bytes_ -= fresh_.front().bytes;
        fresh_.pop_front();
      } else {
        break;
      }
      ++counts_.dropped;
      if (!std::exchange(dropping_, true))
        log(LogLevel::kWarning,
            "more than {} MiB of profiles wait for {}; the oldest are dropped and counted",
            options_.max_queued_bytes >> 20, client_.url().to_string());
    }
    if (waiting() == 0) emptied_.notify_all();
  }

  const Options options_;
  http::Client client_;
  mutable std::mutex mutex_;  // guards all below but random_, which is the thread's
  std::condition_variable_any changed_;
  std::condition_variable_any emptied_;
  std::deque<Fresh> fresh_;
  std::size_t fresh_bytes_ = 0;
  ParcelQueue queue_;
  std::size_t held_ = 0;  // profiles in the thread's hands
  std::size_t held_bytes_ = 0;
  Counts counts_;  // waiting is filled in by counts()
  SteadyTime next_try_{};
  Nanoseconds backoff_;
  bool told_when_to_retry_ = false;  // by Retry-After
  int flushing_ = 0;
  bool dropping_ = false;
  bool ending_ = false;
  std::string last_refusal_;
  std::minstd_rand random_{std::random_device{}()};
  std::jthread thread_;  // last: ends before what it uses goes
};

Result<std::unique_ptr<Pusher>> Pusher::create(const Options& options) {
  PHLOX_TRY(auto url, http::BaseUrl::parse(options.server));
  return std::unique_ptr<Pusher>(new Pusher(std::make_unique<Worker>(options, std::move(url))));
}

Pusher::Pusher(std::unique_ptr<Worker> worker) : worker_(std::move(worker)) {}
Pusher::~Pusher() = default;
void Pusher::enqueue(OutgoingProfile profile) { worker_->enqueue(std::move(profile)); }
bool Pusher::flush(Nanoseconds timeout) { return worker_->flush(timeout); }
Counts Pusher::counts() const { return worker_->counts(); }

}  // namespace phlox::push
