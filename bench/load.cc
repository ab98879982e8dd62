// phlox-load: pushes the fleet's profiles to a server over HTTP and prints one line of JSON: how
// many, how fast, and how long answers took. Bodies are built and compressed beforehand; each push
// has an id and, unless all are to fall on one moment, a time of its own.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <iostream>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "fleet.h"
#include "http/client.h"
#include "push/v1/push.pb.h"

namespace phlox::bench {
namespace {

struct Options {
  std::string server = "http://127.0.0.1:4040";
  unsigned connections = 64;
  double seconds = 20;
  double rate = 0;  // pushes a second; 0: as fast as answers come
  std::size_t pushes = 0;  // end after as many, for counting instructions; 0: after the time
  std::size_t stacks = 0;
  std::size_t services = kServices;
  std::size_t bodies = 8;  // a service
};

struct Body {
  std::string service;
  std::string pprof;
};

std::vector<Body> build_bodies(const Options& options) {
  std::vector<Body> out;
  for (std::size_t s = 0; s < options.services; ++s) {
    const FleetService service(s);
    for (std::size_t b = 0; b < options.bodies; ++b) {
      const std::size_t stacks = options.stacks > 0 ? options.stacks : service.usual_stack_count();
      out.push_back({service.name(), service.pprof(b, stacks)});
    }
  }
  return out;
}

std::string message(const Body& body, std::size_t number, std::int64_t start_ns) {
  push::v1::PushRequest request;
  auto* series = request.add_series();
  const auto add_label = [&](const char* name, const std::string& value) {
    auto* label = series->add_labels();
    label->set_name(name);
    label->set_value(value);
  };
  add_label("__name__", "process_cpu");
  add_label("service_name", body.service);
  add_label("pod", fmt::format("{}-{}", body.service, number % 4));
  auto* sample = series->add_samples();
  sample->set_raw_profile(body.pprof + time_member(start_ns, 10'000'000'000));
  sample->set_id(fmt::format("bench-{}-{}", to_unix_ns(Clock::system().wall_now()), number));
  return request.SerializeAsString();
}

class Load {
 public:
  Load(const Options& options, std::vector<Body> bodies)
      : options_(options), bodies_(std::move(bodies)) {}

  void run() {
    begin_ = Clock::system().steady_now();
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < options_.connections; ++i)
      threads.emplace_back([this] { push_until_the_end(); });
    threads.clear();
    took_ = Clock::system().steady_now() - begin_;
  }

  void print() {
    std::ranges::sort(latencies_);
    const auto at = [&](double part) {
      if (latencies_.empty()) return 0.0;
      const auto index =
          static_cast<std::size_t>(part * static_cast<double>(latencies_.size() - 1));
      return std::chrono::duration<double, std::milli>(latencies_[index]).count();
    };
    std::size_t bytes = 0;
    for (const Body& body : bodies_) bytes += body.pprof.size();
    const double seconds = std::chrono::duration<double>(took_).count();
    std::cout << fmt::format(
        "{{\"pushed\": {}, \"refused\": {}, \"seconds\": {:.2f}, \"rate\": {:.1f}, "
        "\"p50_ms\": {:.2f}, \"p99_ms\": {:.2f}, \"body_bytes\": {}}}\n",
        latencies_.size(), refused_.load(), seconds,
        static_cast<double>(latencies_.size()) / seconds, at(0.5), at(0.99),
        bytes / std::max<std::size_t>(1, bodies_.size()));
  }

 private:
  void push_until_the_end() {
    http::Client client(http::BaseUrl::parse(options_.server).value());
    std::vector<Nanoseconds> latencies;
    const auto end = begin_ + std::chrono::duration_cast<Nanoseconds>(
                                  std::chrono::duration<double>(options_.seconds));
    while (true) {
      const std::size_t number = next_.fetch_add(1);
      SteadyTime due = Clock::system().steady_now();
      if (options_.rate > 0) {  // late answers do not thin out the load: time counts from when due
        due = begin_ + Nanoseconds(static_cast<std::int64_t>(static_cast<double>(number) * 1e9 /
                                                             options_.rate));
        std::this_thread::sleep_until(due);
      }
      if (options_.pushes > 0 ? number >= options_.pushes : due >= end) break;
      const std::int64_t now_s = to_unix_ns(Clock::system().wall_now()) / 1'000'000'000;
      const std::string bytes =
          message(bodies_[number % bodies_.size()], number, now_s / 10 * 10 * 1'000'000'000);
      if (options_.rate == 0) due = Clock::system().steady_now();
      const auto answer = client.request({.method = "POST",
                                          .target = "/push.v1.PusherService/Push",
                                          .headers = {{"Content-Type", "application/proto"}},
                                          .body = bytes});
      if (answer && answer->ok()) {
        latencies.push_back(Clock::system().steady_now() - due);
      } else {
        ++refused_;
      }
    }
    const std::lock_guard lock(mutex_);
    latencies_.insert(latencies_.end(), latencies.begin(), latencies.end());
  }

  const Options options_;
  const std::vector<Body> bodies_;
  SteadyTime begin_{};
  Nanoseconds took_{};
  std::atomic<std::size_t> next_ = 0;
  std::atomic<std::size_t> refused_ = 0;
  std::mutex mutex_;
  std::vector<Nanoseconds> latencies_;
};

}  // namespace
}  // namespace phlox::bench

int main(int argc, char** argv) {
  phlox::bench::Options options;
  CLI::App app("Pushes the fleet's profiles to a server.");
  app.add_option("--server", options.server)->capture_default_str();
  app.add_option("--connections", options.connections)->capture_default_str();
  app.add_option("--seconds", options.seconds)->capture_default_str();
  app.add_option("--rate", options.rate, "Pushes a second; 0: as fast as answers come");
  app.add_option("--pushes", options.pushes, "End after as many, whatever time it takes");
  app.add_option("--stacks", options.stacks, "Stacks a profile; 0: 200 to 3000 by service");
  app.add_option("--services", options.services)->capture_default_str();
  app.add_option("--bodies", options.bodies, "Different profiles a service")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  phlox::bench::Load load(options, phlox::bench::build_bodies(options));
  load.run();
  load.print();
  return 0;
}
