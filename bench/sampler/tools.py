"""The samplers that are compared, and how each is told to record one process into a file of folded stacks."""

import dataclasses
import pathlib
import re
import subprocess
import sys
from typing import Callable

ROOT = pathlib.Path(__file__).resolve().parents[2]
VENV = ROOT / "build/bench-sampler"
# austin 4 is built against a newer glibc than Debian 12 has.
PACKAGES = ("py-spy", "austin-dist<4")
AUSTIN_FRAME = re.compile(r"(.*):(.*):(\d+)")


@dataclasses.dataclass
class Tool:
    name: str
    command: Callable  # (pid, seconds, rate_hz, output) -> list

    def stacks(self, output):
        """Folded stacks as `phlox record` writes them, root first, values in samples."""
        return output.read_text()


def phlox(engine):
    return lambda pid, seconds, rate, output: [
        ROOT / "build/release/bin/phlox", "record", "--engine", engine, "--pid", pid, "--duration", f"{seconds}s", "--rate", rate,
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


TOOLS = [
    Tool("phlox, engine ebpf", phlox("ebpf")),
    Tool("phlox, engine read", phlox("read")),
    Tool("py-spy", py_spy()),
    Tool("py-spy --nonblocking", py_spy("--nonblocking")),
    Austin("austin", austin),
]


def install():
    """The peers, from PyPI into a virtual environment below build/."""
    if not (VENV / "bin/python").exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    subprocess.run([VENV / "bin/python", "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    listing = subprocess.run([VENV / "bin/python", "-m", "pip", "list", "--format=freeze"], check=True, capture_output=True, text=True)
    return [line for line in listing.stdout.split() if line.startswith(("py-spy", "py_spy", "austin"))]
