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
Recording = collections.namedtuple("Recording", "stacks cpu_ns account")  # of the program while it was recorded


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


@pytest.fixture
def record(phlox, tmp_path):
    """Samples a Program for so many seconds; the account and the CPU time are those of the same stretch."""
    def record_program(program, seconds, rate_hz, *options):
        output = tmp_path / "profile.folded"
        account = program.account()
        started, cpu_ns = time.monotonic(), program.cpu_ns()
        subprocess.run([phlox, "record", "--pid", str(program.pid), "--duration", f"{seconds}s", "--rate", str(rate_hz),
                        "--format", "folded", "--unit", "nanoseconds", "--output", output, *options],
                       check=True, timeout=seconds + END_SECONDS)
        cpu_ns, elapsed = program.cpu_ns() - cpu_ns, time.monotonic() - started
        account = {name: after - account[name] for name, after in program.account().items()}
        # While phlox started and wrote its file, some hundredths of a second, the program ran as well as during the recording.
        return Recording(parse_folded(output.read_text()), cpu_ns * seconds / elapsed, account)
    return record_program
