"""Requests shorter than the distance of two looks: what runs early in one counts no less than what runs late."""

import math

import pytest

SECONDS = 20
RATE_HZ = 400  # a look every 2.5 ms, a request of 1.5 ms
STANDARD_ERRORS = 4


def test_bursts_come_out_even(start_program, record, newest_python):
    recording = record(start_program(newest_python, "bursts.py"), SECONDS, RATE_HZ)
    account = recording.account
    by_phlox = {name: sum(stack.value for stack in recording.stacks if name in stack.frames) for name in ("early", "late")}
    truth = account["early_seconds"] / (account["early_seconds"] + account["late_seconds"])
    # Hardly two looks meet one burst, so they are independent. A rule that is not fair is off by 7 points, twice this bound.
    samples = recording.cpu_ns / 1e9 * RATE_HZ
    bound = STANDARD_ERRORS * math.sqrt(truth * (1 - truth) / samples)
    assert by_phlox["early"] / sum(by_phlox.values()) == pytest.approx(truth, abs=bound)
    assert sum(stack.value for stack in recording.stacks) == pytest.approx(recording.cpu_ns, rel=0.01)
