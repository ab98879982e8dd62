"""Programs to sample, and `phlox record` to sample them with."""

import collections
import contextlib
import itertools
import json
import os
import pathlib
import re
import subprocess
import time

import pytest

PROGRAMS_TO_SAMPLE = pathlib.Path(__file__).parent / "programs"
FRAME = re.compile(r"(.*?)(?: \([^()]*:\d+\))?")  # name (file:line), the latter only where it is known
END_SECONDS = 30

Stack = collections.namedtuple("Stack", "frames value")  # frames: names, root first
# Of the program while it was recorded. cpu_ns: an estimate of its CPU time, which lies between the other two; log: what phlox said.
Recording = collections.namedtuple("Recording", "stacks cpu_ns least_cpu_ns most_cpu_ns account log")


class Program:
    """A running program of programs/ that keeps an account of itself; or several of them, that are looked at as one.

    words: what tells phlox whom to record."""

    def __init__(self, processes, words):
        self._processes = processes
        self.pid = processes[0].pid
        self.count = len(processes)
        self.words = words
        for process in processes:
            assert process.stdout.readline() == "ready\n"

    def account(self):
        accounts = []
        for process in self._processes:
            process.stdin.write("\n")
            process.stdin.flush()
            accounts.append(json.loads(process.stdout.readline()))
        return {name: sum(account[name] for account in accounts) for name in accounts[0]}

    def cpu_ns(self):
        """CPU time of all its threads by the kernel's account: the clock that clock_getcpuclockid() names."""
        return sum(time.clock_gettime_ns((~process.pid << 3) | 2) for process in self._processes)


@pytest.fixture
def start():
    """Starts a process that ends with the test."""
    with contextlib.ExitStack() as processes:
        def start_process(*command, **options):
            process = processes.enter_context(subprocess.Popen(list(map(str, command)), text=True, **options))
            processes.callback(process.kill)  # before the wait of Popen's own exit
            return process
        yield start_process


@pytest.fixture
def start_program(start):
    numbers = itertools.count()

    def start_python(python, name, *arguments, count=1):
        mark = f"mark={os.getpid()}.{next(numbers)}"  # by which several are found at once
        marked = ("-X", mark) if count > 1 else ()  # which 2.7 does not take
        processes = [start(python, *marked, PROGRAMS_TO_SAMPLE / name, *arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                     for _ in range(count)]
        return Program(processes, ("--pid", str(processes[0].pid)) if count == 1 else ("--match", f" -X {mark} "))
    return start_python


def parse_folded(text):
    stacks = []
    for line in text.splitlines():
        frames, _, value = line.rpartition(" ")
        stacks.append(Stack([FRAME.fullmatch(frame)[1] for frame in frames.split(";")], int(value)))
    return stacks


def why_no_ebpf(phlox):
    """What phlox says is missing on this machine, or nothing."""
    # The engine is opened before the process is looked at, which for process 1 ends in another error.
    result = subprocess.run([phlox, "record", "--engine", "ebpf", "--pid", "1", "--duration", "1ms"], text=True,
                            capture_output=True, timeout=END_SECONDS)
    return result.stderr.strip() if "engine ebpf cannot be used" in result.stderr else ""


@pytest.fixture(scope="session")
def ebpf(phlox):
    """Its name, where this machine permits it; else the test is skipped."""
    if missing := why_no_ebpf(phlox):
        pytest.skip(missing)
    return "ebpf"


@pytest.fixture(scope="session")
def engines(phlox):
    """Those that this machine permits."""
    return ("read",) if why_no_ebpf(phlox) else ("read", "ebpf")


@pytest.fixture(params=["read", "ebpf"])
def engine(request):
    """A test that asks for it runs once with each engine."""
    return request.getfixturevalue("ebpf") if request.param == "ebpf" else request.param


def record_at_once(phlox, folder, program, seconds, rate_hz, options, threads_at_once=1):
    """{name: options} -> {name: Recording}, all of the same stretch: none is to be confused by who else looks."""
    account = program.account()
    started, cpu_ns = time.monotonic(), program.cpu_ns()
    with contextlib.ExitStack() as recordings:
        running = {name: recordings.enter_context(subprocess.Popen(
            [phlox, "record", *program.words, "--duration", f"{seconds}s", "--rate", str(rate_hz), "--format", "folded", "--unit",
             "nanoseconds", "--output", folder / f"{name}.folded", *more], stderr=subprocess.PIPE, text=True))
            for name, more in options.items()}
        for recording in running.values():
            recordings.callback(recording.kill)
        logs = {name: recording.communicate(timeout=seconds + END_SECONDS)[1] for name, recording in running.items()}
    assert all(recording.returncode == 0 for recording in running.values()), logs
    cpu_ns, elapsed = program.cpu_ns() - cpu_ns, time.monotonic() - started
    account = {name: after - account[name] for name, after in program.account().items()}
    # While phlox started and wrote its file, some hundredths of a second, the program ran as well as during the recording,
    # each of those threads at most all that time.
    least_cpu_ns = cpu_ns - threads_at_once * program.count * (elapsed - seconds) * 1e9
    return {name: Recording(parse_folded((folder / f"{name}.folded").read_text()), cpu_ns * seconds / elapsed, least_cpu_ns, cpu_ns,
                            account, logs[name]) for name in options}


@pytest.fixture
def record(phlox, tmp_path):
    """Samples a Program for so many seconds; the account and the CPU time are those of the same stretch.

    threads_at_once: how many of the program's threads can run at one time; under one GIL, one.
    """
    def record_program(program, seconds, rate_hz, *options, threads_at_once=1):
        return record_at_once(phlox, tmp_path, program, seconds, rate_hz, {"profile": options}, threads_at_once)["profile"]
    return record_program


@pytest.fixture
def record_with_each(phlox, tmp_path, engines):
    """The same with all engines that this machine permits, at once: {engine: Recording}."""
    def record_program(program, seconds, rate_hz):
        return record_at_once(phlox, tmp_path, program, seconds, rate_hz, {engine: ("--engine", engine) for engine in engines})
    return record_program
