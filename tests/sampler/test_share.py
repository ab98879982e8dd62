"""Is the profile of a busy program right? It says itself how much CPU time went into which function."""

import math

import pytest

# With one Python long enough that the starts and ends of phlox, some hundredths of a second, do not count beside one percent of
# the CPU time; with the others, which differ in how stacks are read, for a share within 4 points.
LONG_SECONDS, SHORT_SECONDS = 10, 2
RATE_HZ = 1000
# A sample's value is the CPU time since the last one. Ticks come at 0.5 to 1.5 periods, all equally likely, so values have a
# variance of 1/12 of the square of their mean, and a share's variance grows by that factor.
JITTER = 1 + 1 / 12
STANDARD_ERRORS = 4


def standard_error(share, samples, rounds):
    """Of a share that is estimated from samples, in clusters: sqrt(share * (1 - share) * JITTER / n).

    Samples within one round of foo and bar are not independent of each other. n is therefore the number of rounds where that is
    less than the number of samples, as if all samples of a round said the same.
    """
    return math.sqrt(share * (1 - share) * JITTER / min(samples, rounds))


def value_of(stacks, function):
    return sum(stack.value for stack in stacks if function in stack.frames)


def is_possible(frames):
    """Whether foo_bar.py can have had that stack."""
    callers_of_work = [caller for caller, frame in zip(["", *frames], frames) if frame == "work"]
    return not {"foo", "bar"} <= set(frames) and all(caller in ("foo", "bar") for caller in callers_of_work)


@pytest.fixture
def recording(start_program, record, python, newest_python, engine):
    seconds = LONG_SECONDS if python == newest_python else SHORT_SECONDS
    return record(start_program(python, "foo_bar.py"), seconds, RATE_HZ, "--engine", engine)


def test_profile_agrees_with_the_program_and_the_kernel(recording):
    account, stacks = recording.account, recording.stacks

    foo, bar = value_of(stacks, "foo"), value_of(stacks, "bar")
    true_share = account["foo_seconds"] / (account["foo_seconds"] + account["bar_seconds"])
    error = standard_error(true_share, samples=recording.cpu_ns / 1e9 * RATE_HZ, rounds=account["rounds"])
    assert foo / (foo + bar) == pytest.approx(true_share, abs=STANDARD_ERRORS * error)

    assert recording.least_cpu_ns * 0.99 <= sum(stack.value for stack in stacks) <= recording.most_cpu_ns * 1.01

    assert [stack.frames for stack in stacks if not is_possible(stack.frames)] == []
