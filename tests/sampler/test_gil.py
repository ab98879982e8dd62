"""Wall time and the GIL: who held it, who waited for it, and for whom. Two threads fight for it, one hashes without it, one sleeps."""

import collections
import math
import re

import pytest

SECONDS = 2
RATE_HZ = 200
STANDARD_ERRORS = 4
THREADS = ("first_counter", "second_counter", "hasher", "sleeper")


@pytest.fixture
def profile(start_program, record, python_with_gil, engine):
    """type -> {function of a thread: seconds a second}, and what the program says of its CPU time"""
    program = start_program(python_with_gil, "gil.py", "hash")

    def profile_of(kind):
        recording = record(program, SECONDS, RATE_HZ, "--type", kind, "--engine", engine)
        seconds = collections.Counter()
        for stack in recording.stacks:
            for thread in THREADS:
                if thread in stack.frames:
                    seconds[thread] += stack.value / 1e9 / SECONDS
        return seconds, recording
    return profile_of


def test_wall_and_gil(profile):
    # All live as long as the recording, which on a busy machine finds the process a little late, or ends so.
    wall, recording = profile("wall")
    # CPU time is counted beside it, and each look at a running thread once, whoever looks.
    assert int(re.search(r"(\d+) samples", recording.log)[1]) <= 1.3 * RATE_HZ * recording.most_cpu_ns / 1e9
    assert 0.7 < wall["sleeper"] <= 1.1
    assert dict(wall) == pytest.approx(dict.fromkeys(THREADS, wall["sleeper"]), rel=0.02)

    # A thread that counts holds it or waits for it; one that hashes holds it for an instant in some milliseconds, and one that
    # sleeps never. Nobody holds it while it changes hands, which takes as long as the next one waits for a CPU: on a machine with
    # several times as much to do as it has CPUs, most of the time.
    held, _ = profile("gil")
    assert 0.3 < held["first_counter"] + held["second_counter"] <= 1.02
    assert held["hasher"] < 0.1 and held["sleeper"] == 0

    waited, _ = profile("gil_wait")
    assert 0.5 < waited["first_counter"] + waited["second_counter"] < 1.5
    assert waited["sleeper"] == 0

    # What was waited stands on the stacks of those who held it, but for the instants in which nobody did.
    blocked, recording = profile("gil_block")
    assert blocked["first_counter"] > 0.1 and blocked["second_counter"] > 0.1
    unheld = sum(stack.value for stack in recording.stacks if stack.frames == ["[GIL changes hands]"]) / 1e9 / SECONDS
    assert unheld < sum(blocked.values())


def test_wall_time_where_nobody_tells_who_has_the_gil(start_program, record, python_without_gil, engine):
    program = start_program(python_without_gil, "foo_bar.py")
    recording = record(program, SECONDS, RATE_HZ, "--type", "wall", "--engine", engine)
    wall = {name: sum(stack.value for stack in recording.stacks if name in stack.frames) / 1e9 / SECONDS for name in ("main", "answer")}
    assert 0.7 < wall["answer"] <= 1.1, "one that waits for input"
    assert wall["main"] == pytest.approx(wall["answer"], rel=0.02)
    recording = record(program, 1, RATE_HZ, "--type", "gil", "--engine", engine)
    assert recording.stacks == [] and "does not tell who has its GIL" in recording.log
    assert "no samples: there was nothing of this type" in recording.log


def test_threads_without_the_gil_are_sampled(profile):
    cpu, recording = profile("cpu")
    account = recording.account
    total = sum(account[f"{name}_seconds"] for name in ("first", "second", "hasher"))
    truth = account["hasher_seconds"] / total
    # A block takes tens of milliseconds, so looks at the hasher come in runs: the account may be one block off at each end.
    bound = STANDARD_ERRORS * math.sqrt(truth * (1 - truth) / (total * RATE_HZ)) + 0.02
    assert cpu["hasher"] / sum(cpu.values()) == pytest.approx(truth, abs=bound)
