"""Programs to sample, and `phlox record` to sample them with."""

import collections
import contextlib
import json
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
    """A running program of programs/ that keeps an account of itself."""

    def __init__(self, process):
        self._process = process
        self.pid = process.pid
        assert process.stdout.readline() == "ready\n"

    def account(self):
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def cpu_ns(self):
        """CPU time of all its threads by the kernel's account: the clock that clock_getcpuclockid() names."""
        return time.clock_gettime_ns((~self.pid << 3) | 2)


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
    def start_python(python, name, *arguments):
        return Program(start(python, PROGRAMS_TO_SAMPLE / name, *arguments, stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE))
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


@pytest.fixture
def record(phlox, tmp_path):
    """Samples a Program for so many seconds; the account and the CPU time are those of the same stretch.

    threads_at_once: how many of the program's threads can run at one time; under one GIL, one.
    """
    def record_program(program, seconds, rate_hz, *options, threads_at_once=1):
        output = tmp_path / "profile.folded"
        account = program.account()
        started, cpu_ns = time.monotonic(), program.cpu_ns()
        result = subprocess.run([phlox, "record", "--pid", str(program.pid), "--duration", f"{seconds}s",
                                 "--rate", str(rate_hz), "--format", "folded", "--unit", "nanoseconds",
                                 "--output", output, *options],
                                stderr=subprocess.PIPE, text=True, timeout=seconds + END_SECONDS)
        assert result.returncode == 0, result.stderr
        cpu_ns, elapsed = program.cpu_ns() - cpu_ns, time.monotonic() - started
        account = {name: after - account[name] for name, after in program.account().items()}
        # While phlox started and wrote its file, some hundredths of a second, the program ran as well as during the recording,
        # each of those threads at most all that time.
        least_cpu_ns = cpu_ns - threads_at_once * (elapsed - seconds) * 1e9
        return Recording(parse_folded(output.read_text()), cpu_ns * seconds / elapsed, least_cpu_ns, cpu_ns, account,
                         result.stderr)
    return record_program
