#!/usr/bin/env python3
"""Compares phlox with other samplers of CPython, interleaved on the same targets, and prints one table: make bench-sampler.

Each round measures every tool once after the other, so that what else the machine does falls on all of them; a figure is the
median of the rounds. Run it as root, so that every tool may do what it can.
"""

import argparse
import collections
import contextlib
import datetime
import json
import math
import os
import pathlib
import platform
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import tools

sys.path.insert(0, str(tools.ROOT / "tests/sampler"))
import known_calls  # noqa: E402: found by the line above

PROGRAMS = tools.ROOT / "tests/sampler/programs"
OWN_PROGRAMS = pathlib.Path(__file__).parent / "programs"
KNOWN = ("deep_recursion", "call_churn", "nested_generators", "asyncio_server")
RATES_HZ = (100, 1000)
KNOWN_RATE_HZ = 5000
SHOWN_IMPOSSIBLE = 5
PARTS = ("shares", "waits", "known", "processes", "lateness")
# (program, folder, rates); those of KNOWN follow
SHARES = (("foo_bar", PROGRAMS, RATES_HZ), ("lock_step", PROGRAMS, RATES_HZ[:1]), ("native_threads", OWN_PROGRAMS, RATES_HZ[1:]),
          ("fifty_threads", OWN_PROGRAMS, RATES_HZ[1:]))
END_SECONDS = 60
LATENESS = re.compile(r"half of the looks came within ([\d.]+) us of their time, 99 % within ([\d.]+) us")
BPF_STATISTICS = pathlib.Path("/proc/sys/kernel/bpf_stats_enabled")

# A tool's own CPU is looked at from then on: not what it costs to start. On a busy machine engine `ebpf` takes more than a second.
SETTLED_SECONDS = 2.5
ALONE_SECONDS = 2
LEAST_SECONDS = 5  # of a recording, so that something is left of it
OWN_CPU = "own CPU at {} Hz, % of a core"

Run = collections.namedtuple("Run", "own_cores start_seconds kernel_us anonymous_kib waits stacks account seconds wall_seconds")


class Target:
    """A program of tests/sampler that runs by itself, and says what it did when asked."""

    def __init__(self, *command):
        self._process = subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self._process.pid
        assert self._process.stdout.readline() == "ready\n"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.communicate()

    def account(self):
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def delay_ns(self):
        """How long it was kept off the CPU while it could run."""
        return int(pathlib.Path(f"/proc/{self.pid}/schedstat").read_text().split()[1])


def anonymous_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1])
    return 0


def kernel_ns(pid):
    """Run time of the BPF programs that a process holds."""
    total = 0
    for entry in pathlib.Path(f"/proc/{pid}/fdinfo").iterdir():
        total += sum(int(line.split()[1]) for line in entry.read_text().splitlines() if line.startswith("run_time_ns:"))
    return total


def cpu_seconds(pid):
    """Of a process that runs or waits to be waited for: the clock that clock_getcpuclockid() names."""
    return time.clock_gettime((~pid << 3) | 2)


def difference(after, before):
    return {key: value - before[key] for key, value in after.items()}


def run(tool, target, seconds, rate_hz, with_account, options=()):
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder, "stacks")
        before = target.account() if with_account else {}
        process = subprocess.Popen(list(map(str, (*tool.command(target.pid, seconds, rate_hz, output), *options))),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        memory = in_kernel = 0
        start, readings = time.monotonic(), []
        deadline = start + seconds + END_SECONDS
        while (done := os.wait4(process.pid, os.WNOHANG))[0] == 0:
            if time.monotonic() > deadline:
                process.kill()
            try:
                if SETTLED_SECONDS <= time.monotonic() - start <= seconds:
                    readings.append((time.monotonic(), cpu_seconds(process.pid), target.delay_ns()))
                memory, in_kernel = max(memory, anonymous_kib(process.pid)), max(in_kernel, kernel_ns(process.pid))
            except OSError:
                pass  # it ends just now
            time.sleep(0.25 if time.monotonic() - start < seconds - 0.25 else 0.002)
        wall_seconds = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(done[1])
        account = difference(target.account(), before) if with_account else {}
        stacks = tool.stacks(output) if output.exists() else ""
        cores = waits = None
        if len(readings) > 1:
            took, own_seconds, delay_ns = (last - first for first, last in zip(readings[0], readings[-1]))
            cores, waits = own_seconds / took, delay_ns / took / 1e9
        all_seconds = done[2].ru_utime + done[2].ru_stime
        return Run(cores, cores and all_seconds - cores * seconds, in_kernel / 1000, memory, waits, stacks, account, seconds,
                   wall_seconds)


def samples_of(stacks, word=""):
    return sum(int(line.rpartition(" ")[2]) for line in stacks.splitlines() if word in line)


def share_error(result):
    foo, bar = samples_of(result.stacks, ";foo ("), samples_of(result.stacks, ";bar (")
    truth = result.account["foo_seconds"] / (result.account["foo_seconds"] + result.account["bar_seconds"])
    return 100 * (foo / (foo + bar) - truth) if foo + bar else None


def impossible(program, stacks):
    """Of the samples, in per cent: impossible ones, and those marked as not certain."""
    count = known_calls.count_stacks(stacks).get(program)
    if not count or not count.samples:
        return None, None
    return 100 * sum(count.impossible.values()) / count.samples, 100 * count.marked / count.samples


def median(values, digits=2):
    known = [value for value in values if value is not None]
    if not known:
        return "–"
    middle = statistics.median(known)
    return str(middle) if isinstance(middle, int) else f"{middle:.{digits}f}"


def measure(arguments):
    """{figure: {tool: [value of each round]}}"""
    figures = collections.defaultdict(lambda: collections.defaultdict(list))
    python, seconds, rounds = arguments.python, arguments.seconds, arguments.rounds
    if "shares" in arguments.parts:
        measure_shares(figures, python, seconds, rounds)
    if "waits" in arguments.parts:
        measure_waits(figures, python, seconds, rounds)
    if "known" in arguments.parts:
        measure_known(figures, python, arguments.known_seconds, rounds)
    if arguments.known_samples:
        count_known(figures, python, arguments.known_seconds, arguments.known_samples)
    if "processes" in arguments.parts:
        measure_processes(figures, python, seconds, rounds)
    if "lateness" in arguments.parts:
        note_lateness(figures, tools.READ, python, seconds, rounds)
    return figures


def measure_shares(figures, python, seconds, rounds):
    for program, folder, rates in SHARES:
        with Target(python, folder / f"{program}.py") as target:
            os.sched_setaffinity(target.pid, {max(os.sched_getaffinity(0))} if program == "foo_bar" else os.sched_getaffinity(0))
            for rate_hz in rates:
                for _ in range(rounds):
                    for tool in tools.TOOLS if program == "foo_bar" else samplers():
                        alone = waits_alone(target) if program == "foo_bar" else 0
                        note_share(figures, tool.name, program, rate_hz, run(tool, target, seconds, rate_hz, True), alone)
                    if program == "foo_bar":
                        note_inside(figures, rate_hz, seconds)
                if program == "foo_bar":
                    note_ratios(figures, rate_hz)


def measure_waits(figures, python, seconds, rounds):
    """A stack of 150 frames is copied while its thread waits."""
    with Target(python, PROGRAMS / "calls/deep_recursion.py") as target:
        os.sched_setaffinity(target.pid, {max(os.sched_getaffinity(0))})
        for rate_hz in RATES_HZ:
            for _ in range(rounds):
                for tool in (tools.READ, tools.BARE_TIMER):
                    alone = waits_alone(target)
                    result = run(tool, target, seconds, rate_hz, False)
                    figures[f"target waits longer for a CPU at {rate_hz} Hz, 150 frames, us a look"][tool.name].append(
                        longer_us(result, alone, rate_hz))


def measure_known(figures, python, seconds, rounds):
    for program in KNOWN:
        with Target(python, PROGRAMS / f"calls/{program}.py") as target:
            for _ in range(rounds):
                for tool in samplers():
                    note_known(figures, tool.name, program, run(tool, target, seconds, KNOWN_RATE_HZ, False))


def count_known(figures, python, seconds, samples):
    """Of phlox alone, as many samples as are asked for: what is rare does not show in a share of a few."""
    for program in KNOWN:
        with Target(python, PROGRAMS / f"calls/{program}.py") as target:
            for tool in (tools.EBPF, tools.READ):
                seen, marked, impossible = count_until(tool, target, program, seconds, samples)
                for figure, value in (("stacks counted", seen), ("of these impossible", sum(impossible.values())),
                                      ("of these marked as not certain", marked)):
                    figures[f"{figure}, {program}"][tool.name].append(value)
                for stack, count in impossible.most_common(SHOWN_IMPOSSIBLE):
                    print(f"{tool.name}, {program}: {count} times {stack}", file=sys.stderr)


def count_until(tool, target, program, seconds, samples):
    """Records again and again: (samples, of these marked, {impossible stack: samples})."""
    seen = marked = 0
    impossible = collections.Counter()
    # A recording that brings less than a tenth of what is asked of it will not get there.
    for _ in range(math.ceil(10 * samples / (seconds * KNOWN_RATE_HZ))):
        count = known_calls.count_stacks(run(tool, target, seconds, KNOWN_RATE_HZ, False).stacks).get(program)
        if count:
            seen, marked = seen + count.samples, marked + count.marked
            impossible.update(count.impossible)
        if seen >= samples:
            break
    return seen, marked, impossible


def measure_processes(figures, python, seconds, rounds):
    with Target(python, OWN_PROGRAMS / "fifty_processes.py") as target:
        for _ in range(rounds):
            for tool in samplers():
                result = run(tool, target, seconds, RATES_HZ[0], False, tool.with_children)
                figures["own CPU, 50 processes of 8 threads, 4 busy, 100 Hz, % of a core"][tool.name].append(
                    result.own_cores and 100 * result.own_cores)


def note_lateness(figures, tool, python, seconds, rounds):
    """How late engine `read` wakes up while two threads want to run on each CPU, by its own account."""
    with contextlib.ExitStack() as busy:
        targets = [busy.enter_context(Target(python, PROGRAMS / "foo_bar.py")) for _ in range(2 * os.cpu_count())]
        for rate_hz in RATES_HZ:
            for _ in range(rounds):
                program, *options = map(str, tool.command(targets[0].pid, seconds, rate_hz, os.devnull))
                result = subprocess.run([program, "--verbose", *options], stderr=subprocess.PIPE, text=True, timeout=seconds + END_SECONDS)
                said = LATENESS.search(result.stderr)
                for share, value in (("half", 1), ("99 %", 2)):
                    figures[f"{share} of the looks came within, {rate_hz} Hz, two busy threads a CPU, us"][tool.name].append(
                        float(said[value]) if said else None)


def samplers():
    return [tool for tool in tools.TOOLS if tool not in tools.TIMERS]


def waits_alone(target):
    """Of a second, how much the target waits for a CPU while nobody samples it."""
    before, start = target.delay_ns(), time.monotonic()
    time.sleep(ALONE_SECONDS)
    return (target.delay_ns() - before) / (time.monotonic() - start) / 1e9


def longer_us(result, alone, rate_hz):
    return None if result.waits is None else (result.waits - alone) / rate_hz * 1e6


def note_inside(figures, rate_hz, seconds):
    """The client that runs in the target, with a server to push to: its own CPU is what the process uses beside its work."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = "127.0.0.1:{}".format(probe.getsockname()[1])
        probe.close()
        server = subprocess.Popen([tools.PHLOX, "server", "--listen", address, "--data", folder], stderr=subprocess.DEVNULL)
        try:
            with Target(tools.VENV / "bin/python", OWN_PROGRAMS / "pyroscope_inside.py", f"http://{address}", rate_hz,
                        PROGRAMS / "foo_bar.py") as target:
                time.sleep(SETTLED_SECONDS)
                before, start = target.account(), time.monotonic()
                time.sleep(seconds)
                account, took = difference(target.account(), before), time.monotonic() - start
        finally:
            server.terminate()
            server.wait()
    own = (account["process_seconds"] - account["work_seconds"]) / took
    figures[OWN_CPU.format(rate_hz)][tools.INSIDE].append(100 * own)


def note_ratios(figures, rate_hz):
    """Own CPU beside that of the bare timer in the same round: what else the machine does falls on both."""
    own = figures[OWN_CPU.format(rate_hz)]
    for tool, values in list(own.items()):
        if tool != tools.BARE_TIMER.name:
            figures[f"own CPU at {rate_hz} Hz, times the bare timer's"][tool] = [
                value / bare if value is not None and bare else None for value, bare in zip(values, own[tools.BARE_TIMER.name])]


def note_known(figures, tool, program, result):
    wrong, marked = impossible(program, result.stacks)
    samples = samples_of(result.stacks)
    for figure, value in ((f"stacks looked at, {program}", samples or None), (f"impossible stacks, {program}, %", wrong),
                          (f"marked as not certain, {program}, %", marked)):
        figures[figure][tool].append(value)


def note_share(figures, tool, program, rate_hz, result, waits):
    def add(figure, value):
        figures[figure][tool].append(value)
    samples = samples_of(result.stacks)
    cpu_seconds = result.account["foo_seconds"] + result.account["bar_seconds"]
    add(f"error of foo's share, {program} at {rate_hz} Hz, points", share_error(result) if samples else None)
    if program != "lock_step":
        add(f"samples a second of its CPU time, {program}, {rate_hz} Hz asked", samples / cpu_seconds if samples else None)
    if program != "foo_bar":
        return
    add(OWN_CPU.format(rate_hz), result.own_cores and 100 * result.own_cores)
    add(f"start and end at {rate_hz} Hz, ms of CPU", result.start_seconds and 1000 * result.start_seconds)
    add(f"start and end at {rate_hz} Hz, ms", 1000 * (result.wall_seconds - result.seconds))
    add(f"in the kernel at {rate_hz} Hz, us a sample", result.kernel_us / samples if samples and result.kernel_us else None)
    add(f"anonymous memory at {rate_hz} Hz, MiB", result.anonymous_kib / 1024)
    add(f"target waits longer for a CPU at {rate_hz} Hz, us a look", longer_us(result, waits, rate_hz))


def table(figures):
    names = [*(tool.name for tool in tools.TOOLS), tools.INSIDE]
    lines = ["| figure | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for figure, values in figures.items():
        lines.append(f"| {figure} | " + " | ".join(median(values[name]) for name in names) + " |")
    return "\n".join(lines)


def report(arguments, peers, load, figures):
    version = subprocess.check_output([arguments.python, "-c", "import platform; print(platform.python_version())"], text=True).strip()
    return f"""# The sampler beside its peers

Made by `make bench-sampler` on {datetime.date.today()}: {os.cpu_count()} CPUs, Linux {platform.release()}, target CPython {version};
{', '.join(peers)}. {arguments.rounds} rounds of {arguments.seconds} s a tool, one after the other on the same target; medians.
Load average before and after: {load[0]:.1f} and {load[1]:.1f}. Where that is above the number of CPUs the machine was busy with other
things: compare columns, do not trust the last digit, and do not read the waiting of the target as caused by the sampler.

{table(figures)}

Own CPU is of the tool's process while it samples, from {SETTLED_SECONDS} s after its start on; what engine `ebpf` costs in the kernel, under the
interrupt, is a line of its own. The bare timer wakes up as often beside the target, on its CPU and by the same policy as engine `read`, and
does nothing, or makes the system calls of a look and nothing else; foo_bar stays on one CPU for it. pyroscope-io runs in the target, on
another interpreter (the system's); its own CPU is what its process uses beside the thread that works. Impossible stacks are counted on programs
whose calls are known (`tests/sampler/known_calls.py`) at {KNOWN_RATE_HZ} Hz; stacks counted are those of `--known-samples`, of phlox alone. py-spy
without `--nonblocking` stops its target for each sample; engine `read` takes the target's CPU while it looks; the others do neither. Shares are
counted in samples and come with a sampling error: on an idle machine 1 to 2 points for 5 s at 100 Hz. A tool that comes late on a busy machine
counts less of what it came late for, and one that counts threads which wait for a CPU counts more. Notes on these figures, and what was counted
on other days: [bench-sampler-notes.md](bench-sampler-notes.md).
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", default=sys.executable, help="interpreter of the targets")
    parser.add_argument("--seconds", type=int, default=10, help="of each recording")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--known-seconds", type=int, default=10, help="of each recording of a program whose calls are known")
    parser.add_argument("--known-samples", type=int, default=0,
                        help="count the impossible stacks among so many samples of each of these programs, with phlox's engines; "
                             "a million take some four minutes each")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="what is measured; default: everything")
    parser.add_argument("--output", type=pathlib.Path, help="file for the report, besides standard output")
    arguments = parser.parse_args()
    if arguments.seconds < LEAST_SECONDS:
        parser.error(f"a recording takes at least {LEAST_SECONDS} s")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what is started and changed is undone then, too
    peers, before = tools.install(), os.getloadavg()[0]
    statistics_were = BPF_STATISTICS.read_text() if os.geteuid() == 0 else None
    try:
        if statistics_were is not None:
            BPF_STATISTICS.write_text("1")
        figures = measure(arguments)
    finally:
        if statistics_were is not None:
            BPF_STATISTICS.write_text(statistics_were)
    text = report(arguments, peers, (before, os.getloadavg()[0]), figures)
    print(text)
    if arguments.output:
        arguments.output.write_text(text)


if __name__ == "__main__":
    main()
