"""Where one begins to run when another one ends or falls asleep, as many run as before: each is looked at all the same.

What could not be looked at is counted."""

import re

SECONDS = 6
RATE_HZ = 400  # some two looks a thread, or turn of a process
CHILD_NS = 1e8  # the longest of short_children.py
LEAST_SHARE = 0.85  # of the looks that the CPU time stands for; of the rest a part came too late on a busy machine


def looks(recording):
    return int(re.search(r"(\d+) samples", recording.log)[1])


def test_threads_that_follow_each_other_are_looked_at(start_program, record, newest_python):
    recording = record(start_program(newest_python, "short_threads.py"), SECONDS, RATE_HZ, "--engine", "read")
    assert looks(recording) >= LEAST_SHARE * recording.cpu_ns / 1e9 * RATE_HZ


def test_processes_that_take_turns_are_looked_at(start_program, record, newest_python):
    recording = record(start_program(newest_python, "relay.py"), SECONDS, RATE_HZ, "--engine", "read")
    # The sum is the kernel's own, of all processes.
    cpu_ns = sum(stack.value for stack in recording.stacks)
    assert looks(recording) >= LEAST_SHARE * cpu_ns / 1e9 * RATE_HZ


def test_children_that_end_unseen_are_counted(start_program, record, newest_python, engine):
    """A third of their CPU time lies after the last look at them, or they were never found: only their parent's account tells it."""
    recording = record(start_program(newest_python, "short_children.py"), SECONDS, RATE_HZ, "--engine", engine)
    cpu_ns = sum(stack.value for stack in recording.stacks)
    most_cpu_ns = recording.account["cpu_seconds"] * 1e9
    # Before and after the recording the program ran as well. Of the child that runs when it begins or ends, either part may count.
    outside_ns = recording.most_cpu_ns - recording.least_cpu_ns
    assert most_cpu_ns * 0.99 - outside_ns - CHILD_NS <= cpu_ns <= most_cpu_ns * 1.01 + CHILD_NS
    # Who ends while it is looked into is not taken for another program, of which nothing is told.
    assert "not profiled" not in recording.log
    unseen = sum(stack.value for stack in recording.stacks if stack.frames == ["[ended processes]"])
    assert 0 < unseen < cpu_ns
    assert any("burn" in stack.frames for stack in recording.stacks)
