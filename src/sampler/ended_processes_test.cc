#include "sampler/ended_processes.h"

#include <gtest/gtest.h>

#include <rapidcheck.h>

#include <optional>
#include <set>
#include <vector>

namespace phlox::sampler {
namespace {

using std::chrono::milliseconds;

constexpr Nanoseconds kTick = milliseconds(10);
constexpr pid_t kParent = 10;
constexpr pid_t kChild = 20;

// One parent that is in a profile, and looks at it.
class Parent {
 public:
  Parent() { ended_.add(kParent, {.parent = 1}); }
  EndedProcesses& ended() { return ended_; }
  // Returns what is missing.
  Nanoseconds look(Nanoseconds reaped) {
    ended_.read(kParent, 1, reaped);
    return end_look();
  }
  Nanoseconds end_look() {
    Nanoseconds missing{};
    ended_.end_look([&missing](pid_t pid, Nanoseconds cpu) {
      EXPECT_EQ(pid, kParent);
      missing += cpu;
      return true;
    });
    return missing;
  }
  Nanoseconds look_often(Nanoseconds reaped) {
    Nanoseconds missing{};
    for (int i = 0; i < 10; ++i) missing += look(reaped);
    return missing;
  }

 private:
  EndedProcesses ended_;
};

TEST(EndedProcesses, WhoWasNeverSeenIsMissing) {
  Parent parent;
  EXPECT_EQ(parent.look(milliseconds(0)), milliseconds(0));
  EXPECT_EQ(parent.look(milliseconds(50)), milliseconds(0));  // nobody may be late with his count
  EXPECT_EQ(parent.look(milliseconds(50)), milliseconds(50));
  EXPECT_EQ(parent.look_often(milliseconds(50)), milliseconds(0));
}

TEST(EndedProcesses, OfWhoWasCountedTheRestIsMissing) {
  Parent parent;
  parent.ended().add(kChild, {.parent = kParent});
  parent.look(milliseconds(0));
  parent.ended().counted(kChild, milliseconds(80));
  parent.ended().remove(kChild, false);
  EXPECT_EQ(parent.look_often(milliseconds(100)), milliseconds(20));
}

TEST(EndedProcesses, ACountThatIsStillToComeIsAwaited) {
  Parent parent;
  parent.ended().add(kChild, {.parent = kParent});
  parent.look(milliseconds(0));
  parent.ended().remove(kChild, true);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(parent.look(milliseconds(100)), milliseconds(0));
  parent.ended().counted(kChild, milliseconds(80));
  EXPECT_EQ(parent.look_often(milliseconds(100)), milliseconds(20));
}

TEST(EndedProcesses, WhatWasUsedBeforeIsNotAskedFor) {
  EndedProcesses ended;
  ended.add(kParent, {.parent = 1, .reaped = milliseconds(500), .early = milliseconds(500)});
  ended.add(kChild, {.parent = kParent,
                     .reaped = milliseconds(200),
                     .early = milliseconds(200),
                     .early_cpu = milliseconds(700)});
  ended.remove(kChild, false);
  for (int i = 0; i < 5; ++i) {
    ended.read(kParent, 1, milliseconds(1'400));
    ended.end_look([](pid_t, Nanoseconds) {
      ADD_FAILURE();
      return true;
    });
  }
}

TEST(EndedProcesses, OfAForeignOneNothingIsMissing) {
  Parent parent;
  parent.ended().add(kChild, {.parent = kParent});
  parent.ended().set_foreign(kChild, true);
  parent.ended().counted(kChild, milliseconds(700));
  parent.look(milliseconds(0));
  parent.ended().remove(kChild, false);
  EXPECT_EQ(parent.look_often(milliseconds(900)), milliseconds(0));
  EXPECT_EQ(parent.look_often(milliseconds(930)), milliseconds(30));  // of others, later
}

TEST(EndedProcesses, ChildrenTakeWhatAForeignParentCannot) {
  EndedProcesses ended;
  ended.add(kParent, {.parent = 1});
  ended.add(kChild, {.parent = kParent});
  ended.counted(kChild, milliseconds(80));
  ended.remove(kChild, false);
  Nanoseconds missing{};
  for (int i = 0; i < 3; ++i) {
    ended.read(kParent, 1, milliseconds(100));
    ended.end_look([&missing](pid_t pid, Nanoseconds cpu) {
      if (pid == kChild) missing += cpu;
      return pid == kChild;
    });
  }
  EXPECT_EQ(missing, milliseconds(20));
  EXPECT_EQ(ended.untaken(), Nanoseconds(0));
}

// A tree of processes as the kernel keeps it, where anything may happen between two readings.
class Machine {
 public:
  struct Process {
    pid_t parent;
    Nanoseconds cpu{};
    Nanoseconds reaped{};
    Nanoseconds counted{};  // at the last look of an engine
    bool watched = false;
  };

  Machine() { processes_.emplace(kRoot, Process{.parent = 0, .watched = true}); }

  void something_happens() {
    const auto at = std::next(processes_.begin(), *rc::gen::inRange(0, size()));
    auto& [pid, process] = *at;
    switch (*rc::gen::inRange(0, 5)) {
      case 0:
        process.cpu += milliseconds(*rc::gen::inRange(1, 200));
        return;
      case 1:
        if (process.watched) process.counted = process.cpu;
        return;
      case 2:
      case 3:
        processes_.emplace(next_pid_++, Process{.parent = pid});
        return;
      default:
        if (pid != kRoot) reap(pid);
    }
  }

  void look() {
    for (auto& [pid, process] : processes_) {
      if (process.watched || !processes_.at(process.parent).watched || *rc::gen::inRange(0, 3) == 0)
        continue;
      process.watched = true;
      ended_.add(pid, {.parent = process.parent, .reaped = told(process.reaped)});
      watched_.insert(pid);
    }
    // In any order, as numbers of processes may start again from below.
    for (std::vector<pid_t> rest(watched_.begin(), watched_.end()); !rest.empty();) {
      if (*rc::gen::inRange(0, 3) == 0) something_happens();
      std::swap(rest[*rc::gen::inRange<std::size_t>(0, rest.size())], rest.back());
      const pid_t pid = rest.back();
      rest.pop_back();
      if (const auto process = processes_.find(pid); process != processes_.end()) {
        ended_.read(pid, process->second.parent, told(process->second.reaped));
        continue;
      }
      const bool late = *rc::gen::inRange(0, 2) == 0;
      if (late) {
        late_.push_back(pid);
      } else {
        ended_.counted(pid, last_count_.at(pid));
      }
      ended_.remove(pid, late);
      watched_.erase(pid);
    }
    ended_.end_look([this](pid_t, Nanoseconds cpu) {
      missing_ += cpu;
      return true;
    });
    RC_ASSERT(missing_ <= truly_missing_);
  }

  void late_counts_come() {
    for (const pid_t pid : late_) ended_.counted(pid, last_count_.at(pid));
    late_.clear();
  }

  // Nothing happens any more.
  void settle() {
    for (int i = 0; i < 5; ++i) {
      for (const pid_t pid : std::set<pid_t>(watched_)) {
        if (const auto process = processes_.find(pid); process != processes_.end()) {
          ended_.read(pid, process->second.parent, told(process->second.reaped));
        } else {
          ended_.counted(pid, last_count_.at(pid));
          ended_.remove(pid, false);
          watched_.erase(pid);
        }
      }
      late_counts_come();
      ended_.end_look([this](pid_t, Nanoseconds cpu) {
        missing_ += cpu;
        return true;
      });
      RC_ASSERT(missing_ <= truly_missing_);
    }
    // Each account is cut off, and an unwatched process still keeps what it has reaped itself.
    Nanoseconds kept{};
    for (const auto& [pid, process] : processes_) kept += 4 * kTick + unseen_of(pid);
    RC_ASSERT(missing_ + kept >= truly_missing_);
  }

 private:
  static constexpr pid_t kRoot = 2;

  int size() const { return static_cast<int>(processes_.size()); }
  static Nanoseconds told(Nanoseconds time) { return time / kTick * kTick; }
  Nanoseconds unseen_of(pid_t pid) const {
    const Process& process = processes_.at(pid);
    return process.watched ? Nanoseconds(0) : process.reaped;
  }

  void reap(pid_t pid) {
    const Process process = processes_.at(pid);
    processes_.erase(pid);
    for (auto& [other, orphan] : processes_)
      if (orphan.parent == pid) orphan.parent = kRoot;
    processes_.at(process.parent).reaped += process.cpu + process.reaped;
    truly_missing_ += process.cpu - process.counted;
    last_count_[pid] = process.counted;
  }

  std::map<pid_t, Process> processes_;
  pid_t next_pid_ = kRoot + 1;
  std::set<pid_t> watched_ = {kRoot};
  std::map<pid_t, Nanoseconds> last_count_;  // of those that have ended
  std::vector<pid_t> late_;
  EndedProcesses ended_ = [] {
    EndedProcesses ended;
    ended.add(kRoot, {.parent = 0});
    return ended;
  }();
  Nanoseconds missing_{};
  Nanoseconds truly_missing_{};
};

TEST(EndedProcesses, NeverFindMoreThanIsMissingAndInTheEndNoLess) {
  EXPECT_TRUE(rc::check("accounts against a machine", [] {
    Machine machine;
    const int looks = *rc::gen::inRange(1, 30);
    for (int look = 0; look < looks; ++look) {
      const int events = *rc::gen::inRange(0, 10);
      for (int i = 0; i < events; ++i) machine.something_happens();
      machine.look();
      if (look % 4 == 0 || *rc::gen::inRange(0, 2) == 0) machine.late_counts_come();
    }
    machine.settle();
  }));
}

}  // namespace
}  // namespace phlox::sampler
