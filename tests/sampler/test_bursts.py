"""Requests that are over after a look or a few: what runs early in one counts no less than what runs late."""

import math

import pytest

SECONDS = 10
PROGRAMS = 2
RATE_HZ = 400  # a look every 2.5 ms
ONE_AFTER_THE_OTHER = (1, 0.75, 1, 3)  # a request of 1.5 ms
AFTER_A_LONG_SLEEP = (60, 3, 1050, 1250)  # a request of 6 ms of each thread a second
STANDARD_ERRORS = 4


def shares(recording):
    """What phlox says is early's share, and what the program does."""
    by_phlox = {name: sum(stack.value for stack in recording.stacks if name in stack.frames) for name in ("early", "late")}
    account = recording.account
    return (by_phlox["early"] / sum(by_phlox.values()),
            account["early_seconds"] / (account["early_seconds"] + account["late_seconds"]))


def test_bursts_come_out_even(start_program, record_with_each, newest_python):
    program = start_program(newest_python, "bursts.py", *map(str, ONE_AFTER_THE_OTHER), count=PROGRAMS)
    for engine, recording in record_with_each(program, SECONDS, RATE_HZ).items():
        share, truth = shares(recording)
        # Hardly two looks meet one burst, so they are independent. A rule that is not fair is off by 7 points, twice this bound.
        samples = recording.cpu_ns / 1e9 * RATE_HZ
        assert share == pytest.approx(truth, abs=STANDARD_ERRORS * math.sqrt(truth * (1 - truth) / samples)), engine
        total = sum(stack.value for stack in recording.stacks)
        assert recording.least_cpu_ns * 0.99 <= total <= recording.most_cpu_ns * 1.01, engine


def test_bursts_of_who_is_asked_by_lot_come_out_even(start_program, record, newest_python):
    program = start_program(newest_python, "bursts.py", *map(str, AFTER_A_LONG_SLEEP), count=PROGRAMS)
    recording = record(program, SECONDS, RATE_HZ, "--engine", "read")
    share, truth = shares(recording)
    # A burst is met by two looks or three; were the first of them not weighed, early would have 8 points less.
    bursts = recording.account["bursts"]
    assert share == pytest.approx(truth, abs=STANDARD_ERRORS * math.sqrt(truth * (1 - truth) / bursts))
