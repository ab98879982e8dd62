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


def record_all(phlox, folder, engines, seconds):
    """{engine: folded stacks}. The engines look at the same time: none is to be confused by who else does."""
    recordings = {engine: subprocess.Popen([phlox, "record", "--match", f"{folder}$", "--duration", f"{seconds}s", "--rate",
                                            str(RATE_HZ), "--engine", engine, "--output", folder / engine]) for engine in engines}
    try:
        for recording in recordings.values():
            assert recording.wait(timeout=seconds + END_SECONDS) == 0
    finally:
        for recording in recordings.values():
            recording.kill()
            recording.wait()
    return {engine: (folder / engine).read_text() for engine in engines}


@pytest.fixture
def recorded(start, phlox, python_of_each_kind, engines, tmp_path, request):
    """The programs run side by side, so that they also push each other off the CPUs; ({engine: folded}, account of half_stable, names)"""
    is_2_7 = request.node.callspec.id.startswith("2.7.")
    names = known_calls.POSSIBLE.keys() - ({"asyncio_server"} if is_2_7 else set())
    programs = start_programs(start, python_of_each_kind, names, tmp_path)

    def account():
        half_stable = programs["half_stable"]
        half_stable.stdin.write("\n")
        half_stable.stdin.flush()
        return json.loads(half_stable.stdout.readline())
    before = account()
    folded = record_all(phlox, tmp_path, engines, SECONDS)
    after = account()
    return folded, {name: after[name] - before[name] for name in before}, names


def test_every_stack_is_possible_and_whole(recorded):
    for folded in recorded[0].values():
        check(folded, account=recorded[1], programs=recorded[2])


def check(folded, account, programs):
    counts = known_calls.count_stacks(folded)
    assert counts.keys() >= programs
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


def test_of_a_hundred_thousand_stacks_none_is_impossible(start, phlox, newest_python, engines, tmp_path):
    start_programs(start, newest_python, HARDEST, tmp_path)
    samples, marked, impossible = collections.Counter(), collections.Counter(), {}
    deadline, seconds, fewest = time.monotonic() + MANY_DEADLINE_SECONDS, MANY_SECONDS, 0
    while fewest < MANY_SAMPLES:
        assert time.monotonic() < deadline, samples
        for engine, folded in record_all(phlox, tmp_path, engines, seconds).items():
            for name, count in known_calls.count_stacks(folded).items():
                samples[engine, name] += count.samples
                marked[engine, name] += count.marked
                if count.impossible:
                    impossible[engine, name] = count.impossible
        before, fewest = fewest, min(samples[engine, name] for engine in engines for name in HARDEST)
        # As long as the rest takes, and a little more.
        seconds = min(MANY_SECONDS, 1 + math.ceil(1.1 * seconds * (MANY_SAMPLES - fewest) / max(1, fewest - before)))
    assert impossible == {}
    for engine in engines:
        for name in HARDEST:
            assert marked[engine, name] <= MAX_MARKED_OF_MANY[engine] * samples[engine, name], (marked, samples)
