#include <gtest/gtest.h>

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <future>
#include <thread>

#include "process/elf_symbols.h"
#include "process/last_cpu.h"
#include "process/load_average.h"
#include "process/memory_map.h"
#include "process/memory_reader.h"
#include "process/process_tree.h"
#include "process/thread_stat.h"

// Found in this program's own ELF file and memory below.
extern "C" {
std::uint64_t phlox_test_symbol = 0x1122334455667788;
}

namespace phlox::process {
namespace {

// A child that waits until it is killed.
class Child {
 public:
  Child() : pid_(::fork()) {
    if (pid_ == 0) {
      for (;;) ::pause();
    }
  }
  ~Child() { end(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  pid_t pid() const { return pid_; }
  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_;
};

TEST(MemoryMap, ReadsTheLinesOfProc) {
  const auto mappings = parse_mappings(
      "55d0a000-55d0b000 r--p 00000000 fe:00 1234                       /usr/bin/python3.11 "
      "(deleted)\n"
      "7f00-7f10 r-xp 00001000 fe:00 99 /opt/a b/lib.so\n"
      "7f20-7f30 rw-p 00000000 00:00 0 \n"
      "nonsense\n");
  ASSERT_EQ(mappings.size(), 3u);
  EXPECT_EQ(mappings[0].path, "/usr/bin/python3.11");
  EXPECT_EQ(to_number(mappings[0].start), 0x55d0a000u);
  EXPECT_TRUE(mappings[1].executable);
  EXPECT_EQ(mappings[1].file_offset, 0x1000u);
  EXPECT_EQ(mappings[1].inode, 99u);
  EXPECT_EQ(mappings[1].path, "/opt/a b/lib.so");
  EXPECT_EQ(mappings[2].path, "");
}

TEST(ThreadStat, NamesMayHoldParenthesesAndBlanks) {
  std::string text = "42 (a) b) R 1";
  for (int field = 5; field <= 52; ++field) text += fmt::format(" {}", field == 39 ? 3 : field);
  const auto stat = parse_thread_stat(text);
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->state, 'R');
  EXPECT_EQ(stat->cpu, 3);
  const auto process = parse_process_stat(text);
  ASSERT_TRUE(process);
  EXPECT_EQ(process->state, 'R');
  EXPECT_EQ(process->parent, 1);
  EXPECT_EQ(process->reaped, std::chrono::milliseconds(10 * (16 + 17)));
  EXPECT_EQ(process->identity.start_time, 22u);
  EXPECT_EQ(process->identity.stack_start, 28u);
  EXPECT_FALSE(parse_thread_stat(""));
  EXPECT_FALSE(parse_process_stat("42 (a) R 1 2"));
  EXPECT_FALSE(parse_thread_stat("42 (a) R 1 2"));
}

TEST(ThreadStat, SchedstatHasThreeNumbers) {
  EXPECT_EQ(parse_schedstat("10 20 30\n"), (SchedStat{10, 20, 30}));
  EXPECT_FALSE(parse_schedstat("10 20"));
  EXPECT_FALSE(parse_schedstat(""));
}

TEST(ThreadStat, TheLastTwoNumbersOfASystemCallSayWhereTheThreadLeftItsCode) {
  const UserPlace place{.stack_pointer = 0x7ffd10, .instruction = 0x7f11b3};
  EXPECT_EQ(parse_user_place("202 0x1 0x2 0x3 0x4 0x5 0x6 0x7ffd10 0x7f11b3\n"), place);
  EXPECT_EQ(parse_user_place("-1 0x7ffd10 0x7f11b3\n"), place);
  for (const char* text : {"", "running\n", "202\n", "-1 0x7ffd10\n", "-1 0x7ffd10 0x\n",
                           "-1 0x7ffd10 0x12z\n", "-1 0x7ffd10 7f11b3\n"})
    EXPECT_EQ(parse_user_place(text), std::nullopt) << text;
}

TEST(ThreadStat, ExecStartIsInMillisecondsWithSixDigits) {
  EXPECT_EQ(
      parse_exec_start(
          "cat (1, #threads: 1)\n---\nse.exec_start    :   3013070.097546\nse.vruntime : 1.0\n"),
      3013070097546u);
  EXPECT_FALSE(parse_exec_start("se.exec_start : 30130"));
  EXPECT_FALSE(parse_exec_start(""));
}

TEST(ThreadStat, FilesOfAnEndedThreadAreEmpty) {
  Child child;
  auto files = ThreadFiles::open(child.pid(), child.pid());
  ASSERT_TRUE(files);
  EXPECT_TRUE(files->sched_stat());
  EXPECT_TRUE(process_cpu_ns(child.pid()));
  child.end();
  EXPECT_FALSE(files->sched_stat());
  EXPECT_FALSE(files->stat());
}

TEST(LoadAverage, TheNumberBeforeTheSlashIsOfThreadsThatCanRun) {
  EXPECT_EQ(LoadAverage::parse_runnable_threads("0.20 0.18 0.12 3/80 11206\n"), 3);
  for (const char* text : {"", "0.20 0.18 0.12 0/80 11206\n", "0.20 0.18 0.12 80 11206\n",
                           "0.20 0.18 0.12 x/80 1\n", "3/80", "0.20 3x/80 1\n"})
    EXPECT_EQ(LoadAverage::parse_runnable_threads(text), std::nullopt) << text;
}

TEST(LoadAverage, WhoAsksCanRun) {
  const auto average = LoadAverage::open();
  ASSERT_TRUE(average);
  EXPECT_GE(average->runnable_threads(), 1);
}

TEST(LoadAverage, TheLastNumberIsOfTheNewestProcess) {
  EXPECT_EQ(LoadAverage::parse_newest_pid("0.20 0.18 0.12 3/80 11206\n"), 11206);
  for (const char* text : {"", "11206\n", "0.20 0.18 0.12 3/80 0\n", "0.20 0.18 0.12 3/80 1x\n",
                           "0.20 0.18 0.12 3/80 \n", "0.20 0.18 0.12 3/80 -1\n"})
    EXPECT_EQ(LoadAverage::parse_newest_pid(text), std::nullopt) << text;
}

TEST(LastCpu, IsTheOneThatAThreadWasMovedTo) {
  const ProcessMemory memory(::getpid());
  const auto mappings = read_mappings(::getpid());
  ASSERT_TRUE(mappings);
  const auto rseq = find_rseq(::getpid(), *mappings, memory);
  if (!rseq) GTEST_SKIP() << "this C library registers nothing with the kernel";
  const RemoteAddress pthread{static_cast<std::uint64_t>(::pthread_self())};
  EXPECT_EQ(last_cpu_of(memory, pthread + 8, *rseq), std::nullopt);
  const auto at = last_cpu_of(memory, pthread, *rseq);
  ASSERT_TRUE(at);
  cpu_set_t allowed;
  ASSERT_EQ(::sched_getaffinity(0, sizeof allowed, &allowed), 0);
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(cpu, &only);
    ASSERT_EQ(::sched_setaffinity(0, sizeof only, &only), 0);
    std::uint32_t told = CPU_SETSIZE;
    EXPECT_TRUE(memory.read_value(*at, told));
    EXPECT_EQ(told, cpu);
  }
  ::sched_setaffinity(0, sizeof allowed, &allowed);
}

TEST(ProcFile, FieldOfFindsWholeKeysOnly) {
  EXPECT_EQ(field_of("NSpidX:\t1\nNSpid:\t12\t7\n", "NSpid"), "12\t7");
  EXPECT_EQ(field_of("throttled_usec 5\n", "throttled_usec"), "5");
  EXPECT_EQ(field_of("a: 1\n", "b"), "");
}

TEST(ProcessTree, FindsChildrenAndThreads) {
  const Child child;
  const auto children = children_of(::getpid());
  EXPECT_EQ(std::ranges::count(children, child.pid()), 1);
  auto directory = ThreadDirectory::open(child.pid());
  ASSERT_TRUE(directory);
  std::vector<pid_t> tids;
  EXPECT_TRUE(directory->list(tids));
  EXPECT_EQ(tids, std::vector{child.pid()});
  EXPECT_TRUE(in_our_pid_namespace(child.pid()));
  EXPECT_EQ(tid_in_own_namespace(child.pid(), child.pid()).value(), child.pid());
}

TEST(ProcessTree, KnowsTheParentOfANewProcess) {
  const auto before = newest_pid();
  const Child child;
  const auto after = newest_pid();
  ASSERT_TRUE(before && after);
  // Numbers start again from below at some time.
  EXPECT_TRUE(*before > *after || (*before < child.pid() && child.pid() <= *after));
  EXPECT_EQ(parent_of(child.pid()), ::getpid());
}

TEST(ProcessTree, AThreadHasNoParent) {
  std::promise<pid_t> tid;
  std::promise<void> asked;
  const std::jthread thread([&] {
    tid.set_value(::gettid());
    asked.get_future().wait();
  });
  EXPECT_EQ(parent_of(tid.get_future().get()), std::nullopt);
  asked.set_value();
}

TEST(ProcessTree, CountsThreadsWithoutListingThem) {
  auto directory = ThreadDirectory::open(::getpid());
  ASSERT_TRUE(directory);
  std::vector<pid_t> tids;
  ASSERT_TRUE(directory->list(tids));
  EXPECT_EQ(directory->count(), tids.size());
  std::promise<void> started;
  std::promise<void> asked;
  const std::jthread thread([&] {
    started.set_value();
    asked.get_future().wait();
  });
  started.get_future().wait();
  EXPECT_EQ(directory->count(), tids.size() + 1);
  asked.set_value();
}

TEST(ProcessTree, AMissingProcessIsGone) {
  Child child;
  const pid_t pid = child.pid();
  auto directory = ThreadDirectory::open(pid);
  ASSERT_TRUE(directory);
  EXPECT_EQ(directory->count(), 1u);
  child.end();
  EXPECT_EQ(directory->count(), std::nullopt);
  EXPECT_EQ(parent_of(pid), std::nullopt);
  EXPECT_FALSE(process_exists(pid));
  EXPECT_EQ(ThreadDirectory::open(pid).error().kind(), Error::Kind::kGone);
  EXPECT_EQ(read_mappings(pid).error().kind(), Error::Kind::kGone);
}

TEST(ProcessMemory, ReadsSeveralRangesAndStopsAtTheFirstThatFails) {
  const Child child;
  const ProcessMemory memory(child.pid());
  const auto address = RemoteAddress{reinterpret_cast<std::uint64_t>(&phlox_test_symbol)};
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  std::uint64_t third = 0;
  const auto into = [](auto& value) { return std::as_writable_bytes(std::span(&value, 1)); };
  const std::array ranges = {ReadRange{address, into(first)},
                             ReadRange{RemoteAddress{16}, into(second)},
                             ReadRange{address, into(third)}};
  EXPECT_EQ(memory.read_ranges(ranges), 1u);
  EXPECT_EQ(first, phlox_test_symbol);
  EXPECT_EQ(memory.probe(RemoteAddress{16}), EFAULT);
}

TEST(ProcessMemory, MoreRangesThanOneCallTakes) {
  const Child child;
  const ProcessMemory memory(child.pid());
  const auto address = RemoteAddress{reinterpret_cast<std::uint64_t>(&phlox_test_symbol)};
  std::vector<std::uint64_t> values(150);
  std::vector<ReadRange> ranges;
  for (auto& value : values)
    ranges.push_back({address, std::as_writable_bytes(std::span(&value, 1))});
  EXPECT_EQ(memory.read_ranges(ranges), values.size());
  EXPECT_TRUE(std::ranges::all_of(values, [](std::uint64_t v) { return v == phlox_test_symbol; }));
}

TEST(ElfSymbols, FindsASymbolWhereItIsInMemory) {
  constexpr std::array<std::string_view, 2> kNames = {"phlox_test_symbol", "no_such_symbol"};
  const auto lookup = look_up("/proc/self/exe", kNames, ".text").value();
  ASSERT_TRUE(lookup.symbols[0]);
  EXPECT_FALSE(lookup.symbols[1]);
  EXPECT_TRUE(lookup.section);
  const std::string program = std::filesystem::read_symlink("/proc/self/exe");
  const auto mappings = read_mappings(::getpid()).value();
  const auto first = std::ranges::find(mappings, program, &Mapping::path);
  ASSERT_NE(first, mappings.end());
  const std::uint64_t bias = to_number(first->start) - lookup.first_load_address;
  EXPECT_EQ(bias + lookup.symbols[0]->address, reinterpret_cast<std::uint64_t>(&phlox_test_symbol));
}

TEST(ElfSymbols, WhatIsNoElfFileIsRefused) {
  EXPECT_EQ(look_up("/proc/self/status", {}, "").error().kind(), Error::Kind::kCorrupt);
  EXPECT_EQ(look_up("/no/such/file", {}, "").error().kind(), Error::Kind::kNotFound);
}

}  // namespace
}  // namespace phlox::process
