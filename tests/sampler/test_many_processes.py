"""A hundred processes that appear at once are all sampled, also where the usual limit of open files is below what they need."""

import pathlib
import resource
import subprocess

import pytest

PROCESSES = 100
PROGRAM = pathlib.Path(__file__).parent / "programs" / "many.py"
OPEN_FILES = 64
END_SECONDS = 60


def test_all_are_sampled(start, phlox, newest_python, tmp_path):
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < 4 * PROCESSES:
        pytest.skip(f"the hard limit of open files, {most}, is too low")
    parent = start(newest_python, PROGRAM, PROCESSES, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert parent.stdout.readline() == "ready\n"
    output = tmp_path / "profile.folded"
    result = subprocess.run([phlox, "record", "--engine", "read", "--pid", str(parent.pid), "--type", "wall", "--threads",
                             "--duration", "4s", "--output", output], stderr=subprocess.PIPE, text=True, timeout=END_SECONDS,
                            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, most)))
    parent.stdin.close()
    parent.wait(timeout=END_SECONDS)
    assert result.returncode == 0, result.stderr
    assert len({line.split(";")[0] for line in output.read_text().splitlines()}) == PROCESSES + 1
