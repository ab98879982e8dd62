"""Where a thread starts when another one ends, their number stays the same: each is met all the same."""

import re

import pytest

SECONDS = 6
RATE_HZ = 400  # some two looks a thread
LEAST_SHARE = 0.85  # of the looks that the CPU time stands for; of the rest a part came too late on a busy machine


@pytest.mark.parametrize("engine", ["read"])
def test_threads_that_follow_each_other_are_looked_at(start_program, record, newest_python, engine):
    recording = record(start_program(newest_python, "short_threads.py"), SECONDS, RATE_HZ, "--engine", engine)
    samples = int(re.search(r"(\d+) samples", recording.log)[1])
    assert samples >= LEAST_SHARE * recording.cpu_ns / 1e9 * RATE_HZ
