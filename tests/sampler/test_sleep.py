"""A sleeping thread burns nothing: the profile shows where the CPU time goes, not where the thread is found."""

import math
import re

SECONDS = 8
PROGRAMS = 4
RATE_HZ = 1000
STANDARD_ERRORS = 4


def test_sleep_is_not_in_the_profile(start_program, record_with_each, newest_python):
    program = start_program(newest_python, "sleeper.py", count=PROGRAMS)
    for engine, recording in record_with_each(program, SECONDS, RATE_HZ).items():
        check(recording, engine)


def check(recording, engine):
    account = recording.account
    total = sum(stack.value for stack in recording.stacks)
    assert recording.least_cpu_ns * 0.99 <= total <= recording.most_cpu_ns * 1.01, engine

    # A program spends nine tenths of its time in wait(), but some percents of its CPU time: those may be seen there.
    waiting = sum(stack.value for stack in recording.stacks if "wait" in stack.frames) / total
    true_share = account["wait_seconds"] / (account["foo_seconds"] + account["wait_seconds"])
    samples = recording.cpu_ns / 1e9 * RATE_HZ
    chance = STANDARD_ERRORS * math.sqrt(true_share * (1 - true_share) / samples)
    assert waiting <= true_share + chance + 0.001, engine


def test_naps_are_not_taken_for_work(start_program, record_with_each, newest_python, ebpf):
    """A thread that falls asleep for some tens of microseconds again and again is often found asleep, or just awake and waiting for
    the CPU on which engine `read` looks. Engine `ebpf` meets it only where it runs; on a busy machine its ticks come somewhat late, after
    the switch to the thread, so in the nap rather too often."""
    recordings = record_with_each(start_program(newest_python, "naps.py"), SECONDS, RATE_HZ)
    looks, shares = {}, {}
    for engine, recording in recordings.items():
        looks[engine] = int(re.search(r"(\d+) samples", recording.log)[1])
        shares[engine] = sum(stack.value for stack in recording.stacks if "nap" in stack.frames) / sum(
            stack.value for stack in recording.stacks)
    truth = shares[ebpf]
    chance = STANDARD_ERRORS * math.sqrt(truth * (1 - truth) * (1 / looks["read"] + 1 / looks[ebpf]))
    assert shares["read"] <= truth + chance, (shares, looks)
