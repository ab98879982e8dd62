"""The time of garbage collections is a frame of its own, `<gc>`, on the stack that set them off."""

import math
import subprocess

import pytest

SECONDS = 2
RATE_HZ = 1000
STANDARD_ERRORS = 4
MARKS = ("[moving]", "[incomplete]", "[unreadable]")


def test_collections_are_shown(start_program, record, python, engine):
    version = subprocess.check_output([python, "-c", "import sys; print('%d %d' % sys.version_info[:2])"], text=True)
    if tuple(map(int, version.split())) < (3, 9):
        pytest.skip("before 3.9 no interpreter says that it collects")
    recording = record(start_program(python, "collector.py"), SECONDS, RATE_HZ, "--engine", engine)
    account = recording.account
    unmarked = [stack for stack in recording.stacks if not set(MARKS) & set(stack.frames)]
    collections = [stack for stack in unmarked if "<gc>" in stack.frames]
    assert {tuple(stack.frames[-2:]) for stack in collections} == {("collect", "<gc>")}

    truth = account["collect_seconds"] / (account["collect_seconds"] + account["count_seconds"])
    looks = min(recording.cpu_ns / 1e9 * RATE_HZ, account["rounds"])
    whole = sum(stack.value for stack in unmarked)
    bound = STANDARD_ERRORS * math.sqrt(truth * (1 - truth) / looks)
    assert sum(stack.value for stack in collections) / whole == pytest.approx(truth, abs=bound)
