"""A sleeping thread burns nothing: the profile shows where the CPU time goes, not where the thread is found."""

import math

import pytest

SECONDS = 8
RATE_HZ = 1000
STANDARD_ERRORS = 4


@pytest.mark.parametrize("work_seconds, sleep_seconds, programs", [(1e-3, 9e-3, 4), (50e-6, 15e-6, 1)], ids=["sleeps", "naps"])
def test_sleep_is_not_in_the_profile(start_program, record_with_each, newest_python, work_seconds, sleep_seconds, programs):
    program = start_program(newest_python, "sleeper.py", work_seconds, sleep_seconds, count=programs)
    for engine, recording in record_with_each(program, SECONDS, RATE_HZ).items():
        check(recording, engine)


def check(recording, engine):
    account = recording.account
    total = sum(stack.value for stack in recording.stacks)
    assert recording.least_cpu_ns * 0.99 <= total <= recording.most_cpu_ns * 1.01, engine

    # A program is asleep in wait() for nine tenths of its time, or a quarter, but spends some percents of its CPU time there: those may
    # be seen.
    waiting = sum(stack.value for stack in recording.stacks if "wait" in stack.frames) / total
    true_share = account["wait_seconds"] / (account["foo_seconds"] + account["wait_seconds"])
    samples = recording.cpu_ns / 1e9 * RATE_HZ
    chance = STANDARD_ERRORS * math.sqrt(true_share * (1 - true_share) / samples)
    assert waiting <= true_share + chance + 0.001, engine
