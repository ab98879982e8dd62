"""Programs whose calls are known, sampled fast: no stack that they cannot have had, hardly one that is not whole."""

import collections
import json
import math
import subprocess
import time

import pytest

import known_calls

RATE_HZ = 5000
SECONDS = 1
END_SECONDS = 30
STANDARD_ERRORS = 4
MAX_MARKED = 0.01

HARDEST = ("deep_recursion", "call_churn", "nested_generators", "asyncio_server")
MANY_SAMPLES, MANY_SECONDS, MANY_DEADLINE_SECONDS = 100_000, 15, 240
MAX_MARKED_OF_MANY = {"read": 0.01, "ebpf": 0.001}


def start_programs(start, python, names, folder):
    """{name: process}; their argument is there to be found by."""
    programs = {name: start(python, known_calls.PROGRAMS / f"{name}.py", folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                for name in names}
    for program in programs.values():
        assert program.stdout.readline() == "ready\n"
    return programs


def record_all(phlox, folder, engine, seconds, output):
    subprocess.run([phlox, "record", "--match", f"{folder}$", "--duration", f"{seconds}s", "--rate", str(RATE_HZ), "--engine",
                    engine, "--output", output], check=True, timeout=seconds + END_SECONDS)


@pytest.fixture
def recorded(start, phlox, python_of_each_kind, engine, tmp_path):
    """The programs run side by side, so that they also push each other off the CPUs; (folded stacks, account of half_stable)"""
    programs = start_programs(start, python_of_each_kind, known_calls.POSSIBLE, tmp_path)

    def account():
        half_stable = programs["half_stable"]
        half_stable.stdin.write("\n")
        half_stable.stdin.flush()
        return json.loads(half_stable.stdout.readline())
    output = tmp_path / "profile.folded"
    before = account()
    record_all(phlox, tmp_path, engine, SECONDS, output)
    after = account()
    return output.read_text(), {name: after[name] - before[name] for name in before}


def test_every_stack_is_possible_and_whole(recorded):
    folded, account = recorded
    counts = known_calls.count_stacks(folded)
    assert counts.keys() >= known_calls.POSSIBLE.keys()
    assert {program: count.impossible for program, count in counts.items() if count.impossible} == {}
    samples = sum(count.samples for count in counts.values())
    marked = sum(count.marked for count in counts.values())
    assert marked <= MAX_MARKED * samples + STANDARD_ERRORS * math.sqrt(MAX_MARKED * samples)

    # What stands still is met as often as what moves. A round's looks say the same, so rounds bound what is known.
    by_half = {name: sum(int(line.rpartition(" ")[2]) for line in folded.splitlines() if f"{name} (" in line and "half_stable" in line)
               for name in ("stable", "churn")}
    truth = account["stable_seconds"] / (account["stable_seconds"] + account["churn_seconds"])
    looks = min(sum(by_half.values()), account["rounds"])
    assert by_half["stable"] / sum(by_half.values()) == pytest.approx(
        truth, abs=STANDARD_ERRORS * math.sqrt(truth * (1 - truth) / looks))


def test_of_a_hundred_thousand_stacks_none_is_impossible(start, phlox, newest_python, engine, tmp_path):
    start_programs(start, newest_python, HARDEST, tmp_path)
    output = tmp_path / "profile.folded"
    samples, marked, impossible = collections.Counter(), collections.Counter(), {}
    deadline = time.monotonic() + MANY_DEADLINE_SECONDS
    while min(samples[name] for name in HARDEST) < MANY_SAMPLES:
        assert time.monotonic() < deadline, samples
        record_all(phlox, tmp_path, engine, MANY_SECONDS, output)
        for name, count in known_calls.count_stacks(output.read_text()).items():
            samples[name] += count.samples
            marked[name] += count.marked
            if count.impossible:
                impossible[name] = count.impossible
    assert impossible == {}
    for name in HARDEST:
        assert marked[name] <= MAX_MARKED_OF_MANY[engine] * samples[name], (marked, samples)
