"""Where one begins to run when another one ends or falls asleep, as many run as before: each is looked at all the same."""

import re

SECONDS = 6
RATE_HZ = 400  # some two looks a thread, or turn of a process
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
