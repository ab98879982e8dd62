"""A thread that has entered several interpreters is shown in the one whose code it runs, and only there."""

import json
import math
import subprocess
import time

import pytest

SECONDS = 1
RATE_HZ = 1000
STANDARD_ERRORS = 4
END_SECONDS = 30
MAIN = ("count_in_main", "checksum_in_main")
OTHER = ("count_in_other", "checksum_in_other", "count_in_thread", "checksum_in_thread")


@pytest.fixture
def python_with_interpreters(python_of_each_kind, request):
    if any(version in request.node.callspec.id for version in ("2.7.", "3.6.")):
        pytest.skip("no module for them before 3.8")
    return python_of_each_kind


def test_cpu_time_is_that_of_the_interpreter_that_runs(start_program, record, python_with_interpreters, engine):
    program = start_program(python_with_interpreters, "subinterpreters.py")
    recording = record(program, SECONDS, RATE_HZ, "--engine", engine, threads_at_once=2)  # from 3.12 on each has its own GIL
    stacks, account = recording.stacks, recording.account
    total = sum(stack.value for stack in stacks)
    assert recording.least_cpu_ns * 0.99 <= total <= recording.most_cpu_ns * 1.01
    # The thread that waits for another interpreter keeps its frames in this one; the stack is the other's alone.
    both = [stack.frames for stack in stacks if "main" in stack.frames and set(OTHER) & set(stack.frames)]
    assert both == []
    assert all("main" in stack.frames for stack in stacks if set(MAIN) & set(stack.frames) and "[incomplete]" not in stack.frames)
    # All that burn show, also where rounds are too few to say much about shares.
    assert {name for stack in stacks for name in stack.frames if name in MAIN + OTHER} == {
        name for name in MAIN + OTHER if account[name] > 0}
    for name in MAIN + OTHER:
        share = sum(stack.value for stack in stacks if name in stack.frames) / total
        truth = account[name] / recording.most_cpu_ns
        error = math.sqrt(truth * (1 - truth) / min(account["rounds"], total / 1e9 * RATE_HZ))
        assert share == pytest.approx(truth, abs=STANDARD_ERRORS * error), name


def test_who_counts_in_any_interpreter_holds_its_gil(start_program, record, python_with_interpreters, engine):
    """To 3.11 a thread that changes interpreters keeps the GIL that it took in the one before."""
    program = start_program(python_with_interpreters, "subinterpreters.py")
    recording = record(program, SECONDS, RATE_HZ, "--type", "gil", "--engine", engine, threads_at_once=2)
    held = {name: sum(stack.value for stack in recording.stacks if name in stack.frames) for name in MAIN + OTHER}
    for name in ("count_in_main", "count_in_other"):
        # It also holds it while it waits for a CPU, so there is no upper bound.
        share = recording.account[name] / recording.most_cpu_ns
        chance = STANDARD_ERRORS * math.sqrt(share * (1 - share) / recording.account["rounds"])
        assert held[name] >= (share - chance) * recording.least_cpu_ns, (held, recording.account)


def test_a_thread_that_waits_is_shown_where_it_waits(phlox, start_program, python_with_interpreters):
    program = start_program(python_with_interpreters, "subinterpreters.py", "wait")
    deadline, names = time.monotonic() + END_SECONDS, []
    while "wait_here" not in names:  # it is on its way there
        assert time.monotonic() < deadline, names
        output = subprocess.run([phlox, "dump", "--pid", str(program.pid), "--format", "json"], check=True, capture_output=True,
                                timeout=END_SECONDS).stdout
        names = [frame["function"] for thread in json.loads(output) for frame in thread["frames"]]
    assert names[-2:] == ["wait_here", "<module>"] and "wait" not in names
