"""Requests shorter than the distance of two looks: what runs early in one counts no less than what runs late."""

import math

import pytest

SECONDS = {"read": 20, "ebpf": 6}
RATE_HZ = 400  # a look every 2.5 ms, a request of 1.5 ms
STANDARD_ERRORS = 4


def test_bursts_come_out_even(start_program, record, newest_python, engine):
    recording = record(start_program(newest_python, "bursts.py"), SECONDS[engine], RATE_HZ, "--engine", engine)
    account = recording.account
    by_phlox = {name: sum(stack.value for stack in recording.stacks if name in stack.frames) for name in ("early", "late")}
    truth = account["early_seconds"] / (account["early_seconds"] + account["late_seconds"])
    # Hardly two looks meet one burst, so they are independent. A rule that is not fair is off by 7 points, twice this bound.
    samples = recording.cpu_ns / 1e9 * RATE_HZ
    bound = STANDARD_ERRORS * math.sqrt(truth * (1 - truth) / samples)
    assert by_phlox["early"] / sum(by_phlox.values()) == pytest.approx(truth, abs=bound)
    total = sum(stack.value for stack in recording.stacks)
    assert recording.least_cpu_ns * 0.99 <= total <= recording.most_cpu_ns * 1.01
