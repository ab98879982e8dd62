"""The samplers that are compared, and how each is told to record one process into a file of folded stacks."""

import dataclasses
import os
import pathlib
import re
import subprocess
import sys
from typing import Callable

ROOT = pathlib.Path(__file__).resolve().parents[2]
VENV = ROOT / "build/bench-sampler"
PHLOX = pathlib.Path(os.environ.get("PHLOX_PROGRAMS", ROOT / "build/release/bin")) / "phlox"
TIMER = ROOT / "build/bench/bin/phlox-timer"
# austin 4 is built against a newer glibc than Debian 12 has.
PACKAGES = ("py-spy", "austin-dist<4", "pyroscope-io==1.4.0")
AUSTIN_FRAME = re.compile(r"(.*):(.*):(\d+)")


@dataclasses.dataclass
class Tool:
    name: str
    command: Callable  # (pid, seconds, rate_hz, output) -> list
    with_children: tuple = ()  # options with which it records the target's children as well; None: it cannot

    def stacks(self, output):
        """Folded stacks as `phlox record` writes them, root first, values in samples."""
        return output.read_text()


def phlox(engine):
    return lambda pid, seconds, rate, output: [
        PHLOX, "record", "--engine", engine, "--pid", pid, "--duration", f"{seconds}s", "--rate", rate,
        "--output", output]


def py_spy(*options):
    return lambda pid, seconds, rate, output: [
        VENV / "bin/py-spy", "record", "--pid", pid, "--duration", seconds, "--rate", rate, "--format", "raw", "--full-filenames",
        "--output", output, *options]


def austin(pid, seconds, rate, output):
    return [VENV / "bin/austin", "-s", "-i", f"{round(1e6 / rate)}us", "-x", seconds, "-o", output, "-p", pid]


class Austin(Tool):
    """P<pid>;T<thread>;<file>:<function>:<line>;... <microseconds>: one line a sample."""

    def stacks(self, output):
        lines = []
        for line in output.read_text().splitlines():
            stack, _, value = line.rpartition(" ")
            frames = [AUSTIN_FRAME.fullmatch(frame) for frame in stack.split(";")[2:]]
            if value.isdigit() and frames and all(frames):
                lines.append(";".join(f"{frame[2]} ({frame[1]}:{frame[3]})" for frame in frames) + " 1")
        return "\n".join(lines)


def timer(*options):
    return lambda pid, seconds, rate, output: [TIMER, "--pid", pid, "--seconds", seconds, "--rate", rate, *options]


# Wakes up beside the target and does nothing: what no sampler from outside without the kernel's help can be cheaper than.
BARE_TIMER = Tool("bare timer", timer(), None)
# Makes the system calls of a look besides: what engine `read` cannot be cheaper than.
CALLS_TIMER = Tool("timer with a look's calls", timer("--calls"), None)
TIMERS = (BARE_TIMER, CALLS_TIMER)
EBPF = Tool("phlox, engine ebpf", phlox("ebpf"))
READ = Tool("phlox, engine read", phlox("read"))
TOOLS = [
    EBPF,
    READ,
    *TIMERS,
    Tool("py-spy", py_spy(), ("--subprocesses",)),
    Tool("py-spy --nonblocking", py_spy("--nonblocking"), ("--subprocesses",)),
    Austin("austin", austin, ("-C",)),
]
INSIDE = "pyroscope-io"  # runs in the target, which is therefore another one


def install():
    """The peers, from PyPI into a virtual environment below build/."""
    if not (VENV / "bin/python").exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    subprocess.run([VENV / "bin/python", "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    listing = subprocess.run([VENV / "bin/python", "-m", "pip", "list", "--format=freeze"], check=True, capture_output=True, text=True)
    return [line for line in listing.stdout.split() if line.startswith(("py-spy", "py_spy", "austin", "pyroscope"))]
