"""CPython against musl instead of glibc, as in Alpine's images: threads are told apart before 3.11, and who waits for the GIL is seen."""

import pathlib
import re
import subprocess

import pytest

PYTHONS = pathlib.Path(__file__).resolve().parents[2] / "build" / "musl-pythons"
SECONDS = 2
RATE_HZ = 200


def pytest_generate_tests(metafunc):
    pythons = sorted(PYTHONS.glob("*/bin/python*"))
    skipped = pytest.param(None, marks=pytest.mark.skip("no CPython against musl: see tools/build-musl-python"))
    metafunc.parametrize("musl_python", [pytest.param(path, id=path.name) for path in pythons] or [skipped])


def test_every_thread_has_its_stack(phlox, start_program, musl_python):
    program = start_program(musl_python, "foo_bar.py")
    result = subprocess.run([phlox, "dump", "--pid", str(program.pid)], capture_output=True, text=True, timeout=30)
    assert result.returncode == 0, result.stderr
    threads = result.stdout.strip().split("\n\n")
    assert len(threads) == 2
    assert threads[0].startswith(f"thread {program.pid} ") and re.search(r"^    main \(", threads[0], re.MULTILINE)
    assert re.search(r"^    answer \(", threads[1], re.MULTILINE)


def test_the_profile_is_that_of_the_program(start_program, record, musl_python, engine):
    recording = record(start_program(musl_python, "foo_bar.py"), SECONDS, RATE_HZ, "--engine", engine)
    total = sum(stack.value for stack in recording.stacks)
    assert recording.least_cpu_ns * 0.99 <= total <= recording.most_cpu_ns * 1.01
    known = sum(stack.value for stack in recording.stacks if {"foo", "bar"} & set(stack.frames))
    assert known > 0.9 * total


def test_waiting_for_the_gil(start_program, record, musl_python):
    waited = record(start_program(musl_python, "two_counters.py"), SECONDS, RATE_HZ, "--type", "gil_wait", "--engine", "read")
    # One of the two waits, or has been woken and waits for a CPU: on a busy machine for most of the time.
    seconds = sum(stack.value for stack in waited.stacks if "count" in stack.frames) / 1e9
    assert 0.1 * SECONDS < seconds < 1.1 * SECONDS
