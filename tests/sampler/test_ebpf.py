"""What is particular to engine ebpf: which engine is taken and why, high rates, processes that do not last."""

import math
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import tempfile
import time

import pytest

PROGRAMS = pathlib.Path(__file__).parent / "programs"
END_SECONDS = 30
STANDARD_ERRORS = 4
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture
def record_as_nobody(phlox):
    """phlox record of process 1, which nobody may read: the engine is opened before that is noticed."""
    nobody = pwd.getpwnam("nobody")
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        copy = shutil.copy(phlox, directory)  # the build directory may be closed to others
        yield lambda *options: subprocess.run(
            [copy, "record", "--pid", "1", "--duration", "1ms", *options], text=True, capture_output=True,
            timeout=END_SECONDS, user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[], cwd="/")


def samples_of(recording):
    return int(re.search(r"(\d+) samples", recording.log)[1])


@only_root
def test_it_is_refused_with_what_is_missing(record_as_nobody):
    result = record_as_nobody("--engine", "ebpf")
    assert result.returncode == 1
    assert re.search(r"engine ebpf cannot be used: .*(CAP_BPF|Linux|kernel)", result.stderr), result.stderr


@only_root
def test_auto_falls_back_to_read_and_says_why(record_as_nobody):
    result = record_as_nobody()
    assert re.search(r"sampling with engine read: .*(CAP_BPF|Linux|kernel)", result.stderr), result.stderr


def verified_instructions(pid):
    """Of the BPF programs that a process holds: how many the kernel went through to verify them."""
    total = 0
    for entry in pathlib.Path(f"/proc/{pid}/fdinfo").iterdir():
        total += sum(int(line.split()[1]) for line in entry.read_text().splitlines() if line.startswith("verified_insns:"))
    return total


def test_the_kernel_verifies_the_programs_soon(start, start_program, phlox, newest_python, ebpf):
    program = start_program(newest_python, "foo_bar.py")
    process = start(phlox, "record", "--engine", ebpf, "--pid", program.pid, "--duration", "1s", "--output", os.devnull)
    verified, deadline = 0, time.monotonic() + END_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            verified = max(verified, verified_instructions(process.pid))
        except OSError:
            pass  # a file was closed, or it has ended
        time.sleep(0.01)  # between two tries
    # Each costs 1.5 us at every start, and of one program the kernel goes through no more than a million (Linux,
    # include/linux/bpf.h: BPF_COMPLEXITY_LIMIT_INSNS). Another kernel may need some times as many.
    assert process.returncode == 0 and 0 < verified < 20_000


def test_tasks_of_asyncio_and_native_code_show_on_one_stack(start_program, record, python_of_each_kind, ebpf, request):
    version = tuple(map(int, request.node.callspec.id.split(".")))
    if version < (3,):
        pytest.skip("has no asyncio")
    stacks = record(start_program(python_of_each_kind, "tasks.py"), 1, 1000, "--engine", ebpf, "--tasks", "--native").stacks
    tasks = [stack.frames for stack in stacks if "[task fetch]" in stack.frames]
    assert bool(tasks) == (version >= (3, 8))
    for frames in tasks:
        at = frames.index("[task fetch]")
        assert frames[at + 1] == "fetch", frames
        assert {"Handle._run", "_run"} & set(frames[:at]), frames
    if version >= (3, 10):  # where C code stands between the loop and the task
        assert any(frames[frames.index("[task fetch]") - 1] not in ("Handle._run", "_run") for frames in tasks)


def test_the_real_rate_is_the_asked_one_or_is_said(start_program, record, newest_python, ebpf):
    asked_hz, seconds = 10_000, 3
    recording = record(start_program(newest_python, "foo_bar.py"), seconds, asked_hz, "--engine", ebpf)
    said_hz = float(re.search(r"([\d.]+) looks a second", recording.log)[1])
    samples = samples_of(recording)
    assert said_hz < asked_hz * 1.02
    # Samples are met at that rate while the program runs. How much it ran is not known better than between two bounds.
    assert samples < said_hz * recording.most_cpu_ns / 1e9 * 1.02
    assert samples > said_hz * recording.least_cpu_ns / 1e9 * 0.98


def test_periodic_work_is_not_followed_in_step(start_program, record, newest_python, ebpf):
    rate_hz, seconds = 100, 6
    recording = record(start_program(newest_python, "lock_step.py"), seconds, rate_hz, "--engine", ebpf)
    foo, bar = (sum(stack.value for stack in recording.stacks if name in stack.frames) for name in ("foo", "bar"))
    account = recording.account
    truth = account["foo_seconds"] / (account["foo_seconds"] + account["bar_seconds"])
    error = math.sqrt(truth * (1 - truth) / samples_of(recording))
    assert foo / (foo + bar) == pytest.approx(truth, abs=STANDARD_ERRORS * error)


def test_processes_that_fork_end_and_execute(start_program, record, newest_python, ebpf):
    recording = record(start_program(newest_python, "churn.py"), 2, 1000, "--engine", ebpf)
    assert recording.account["children"] > 0
    by_name = {name: sum(stack.value for stack in recording.stacks if name in stack.frames)
               for name in ("in_parent", "in_child")}
    assert by_name["in_parent"] > 0, recording.stacks
    callers = {"in_parent": ("<module>",), "in_child": ("<module>",), "burn": ("in_parent", "in_child")}
    impossible = [stack for stack in recording.stacks for caller, name in zip(["", *stack.frames], stack.frames)
                  if name in callers and caller not in (*callers[name], "[incomplete]")]
    assert not impossible


def own_cpu_seconds(process):
    return int(pathlib.Path(f"/proc/{process.pid}/schedstat").read_text().split()[0]) / 1e9


def test_of_processes_that_end_all_is_counted(start, phlox, newest_python, ebpf, tmp_path):
    program = start(newest_python, PROGRAMS / "short_lives.py", 4, 0.4, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert program.stdout.readline() == "ready\n"
    own_before = own_cpu_seconds(program)
    output = tmp_path / "profile.folded"
    # So seldom that the last look at each is a tenth of a second old when it ends.
    recording = start(phlox, "--verbose", "record", "--engine", ebpf, "--pid", program.pid, "--rate", 10, "--unit", "nanoseconds",
                      "--duration", "60s", "--output", output, stderr=subprocess.PIPE)
    while "runs CPython" not in recording.stderr.readline():
        assert recording.poll() is None
    print(file=program.stdin, flush=True)
    cpu_seconds = float(program.stdout.readline())
    program.stdin.close()  # the recording ends with the program
    assert recording.wait(timeout=END_SECONDS) == 0
    counted = sum(int(line.rpartition(" ")[2]) for line in output.read_text().splitlines()) / 1e9
    # To fork four times costs the program some per cent of what its children use.
    os.waitid(os.P_PID, program.pid, os.WEXITED | os.WNOWAIT)
    assert counted == pytest.approx(cpu_seconds + own_cpu_seconds(program) - own_before, rel=0.005)


def test_a_child_is_found_after_a_long_rest(start, phlox, newest_python, ebpf, tmp_path):
    """Where nothing happens nobody is looked for; the kernel tells when something does."""
    program = start(newest_python, PROGRAMS / "short_lives.py", 2, 2, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert program.stdout.readline() == "ready\n"
    output = tmp_path / "profile.folded"
    recording = start(phlox, "--verbose", "record", "--engine", ebpf, "--pid", program.pid, "--unit", "nanoseconds",
                      "--duration", "60s", "--output", output, stderr=subprocess.PIPE)
    while "until one changes" not in recording.stderr.readline():
        assert recording.poll() is None
    print(file=program.stdin, flush=True)
    cpu_seconds = float(program.stdout.readline())
    program.stdin.close()
    assert recording.wait(timeout=END_SECONDS) == 0
    # Each of both is found within a second of the two for which it runs.
    seen = sum(int(line.rpartition(" ")[2]) for line in output.read_text().splitlines() if "burn (" in line) / 1e9
    assert seen > cpu_seconds / 2
