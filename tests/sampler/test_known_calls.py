"""Programs whose calls are known, sampled fast: no stack that they cannot have had, hardly one that is not whole."""

import json
import math
import subprocess

import pytest

import known_calls

RATE_HZ = 5000
SECONDS = 1
END_SECONDS = 30
STANDARD_ERRORS = 4
MAX_MARKED = 0.01


@pytest.fixture
def recorded(start, phlox, python_of_each_kind, engine, tmp_path):
    """The programs run side by side, so that they also push each other off the CPUs; (folded stacks, account of half_stable)"""
    programs = {name: start(python_of_each_kind, known_calls.PROGRAMS / f"{name}.py", tmp_path, stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE)
                for name in known_calls.POSSIBLE}
    for program in programs.values():
        assert program.stdout.readline() == "ready\n"

    def account():
        half_stable = programs["half_stable"]
        half_stable.stdin.write("\n")
        half_stable.stdin.flush()
        return json.loads(half_stable.stdout.readline())
    output = tmp_path / "profile.folded"
    before = account()
    # The argument of each program is there to be found by.
    subprocess.run([phlox, "record", "--match", f"{tmp_path}$", "--duration", f"{SECONDS}s", "--rate", str(RATE_HZ), "--engine",
                    engine, "--output", output], check=True, timeout=SECONDS + END_SECONDS)
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
