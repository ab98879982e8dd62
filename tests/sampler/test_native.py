"""--native: C code stands above the Python function that calls it and below the one that it calls; the kernel above both."""

import collections
import gzip
import math
import pathlib
import subprocess

import pytest

import known_calls

SECONDS = 2
RATE_HZ = 1000
END_SECONDS = 30
STANDARD_ERRORS = 4
MAX_CUT = 0.02
SOURCE = pathlib.Path(__file__).parent / "programs" / "native_code.c"

CALLS = known_calls.caller_and({
    "rounds": "burn_in_c call_back sort reduce sort_nested", "burn_in_c": "outer_burn", "outer_burn": "middle_burn",
    "middle_burn": "inner_burn", "call_back": "call_outer", "call_outer": "call_inner", "call_inner": "called_back",
    "called_back": "work", "sort": "sort_key", "sort_key": "work", "reduce": "reducer", "reducer": "work",
    "sort_nested": "nested_key", "nested_key": "call_outer", "packer": "deflate"})
KNOWN = {name for pair in CALLS for name in pair} | {"hasher", "reader"}
C_FUNCTIONS = {"outer_burn", "middle_burn", "inner_burn", "call_outer", "call_inner", "deflate"}


def reaches(caller, name):
    return (caller, name) in CALLS or any(reaches(callee, name) for above, callee in CALLS if above == caller)


def is_cut(names):
    """Some C functions are left out, and nothing is wrong."""
    return all(pair in CALLS or reaches(*pair) for pair in known_calls.pairs(names)) and all(
        name in C_FUNCTIONS or caller not in C_FUNCTIONS or (caller, name) in CALLS for caller, name in known_calls.pairs(names))


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    path = tmp_path_factory.mktemp("native") / "native_code.so"
    subprocess.run(["cc", "-O2", "-fomit-frame-pointer", "-fno-optimize-sibling-calls", "-fPIC", "-shared", "-o", path, SOURCE],
                   check=True, timeout=END_SECONDS)
    return path


@pytest.fixture
def recording(start_program, record, python_of_each_kind, ebpf, library):
    return record(start_program(python_of_each_kind, "native.py", library), SECONDS, RATE_HZ, "--engine", ebpf, "--native")


def test_every_frame_stands_between_its_caller_and_its_callee(recording):
    total, cut, impossible = collections.Counter(), collections.Counter(), set()
    for stack in recording.stacks:
        names = [name for name in stack.frames if name in KNOWN]
        wrong = [pair for pair in known_calls.pairs(names) if pair not in CALLS]
        thread = names[0] if names else None
        total[thread] += stack.value
        if any(name.startswith("libz.so") for name in stack.frames) and thread != "packer":
            impossible.add(";".join(stack.frames))
        elif wrong and is_cut(names):
            cut[thread] += stack.value
        elif wrong:
            impossible.add(";".join(stack.frames))
    assert impossible == set()
    assert sum(cut.values()) <= MAX_CUT * sum(total.values())

    # Shares as the kernel's clock has them. The account tells of whole rounds and blocks, some of them in part before and after.
    account = recording.account
    seconds = {"packer": account["packer_seconds"], "hasher": account["hasher_seconds"], "reader": account["reader_seconds"],
               "rounds": account["burn_in_c_seconds"] + account["python_seconds"]}
    all_seconds = sum(seconds.values())
    for thread, share in ((thread, part / all_seconds) for thread, part in seconds.items()):
        error = STANDARD_ERRORS * math.sqrt(share * (1 - share) / (all_seconds * RATE_HZ)) + 0.05 / SECONDS
        assert total[thread] / sum(total.values()) == pytest.approx(share, abs=error), thread

    def time_in(name):
        return sum(stack.value for stack in recording.stacks if name in stack.frames)
    # Next to all of the time in C is in the innermost function.
    in_c, look_ns = time_in("burn_in_c"), 1e9 / RATE_HZ
    assert time_in("inner_burn") >= 0.9 * in_c - STANDARD_ERRORS * math.sqrt(0.9 * 0.1 * in_c * look_ns)
    share = account["burn_in_c_seconds"] / seconds["rounds"]
    error = STANDARD_ERRORS * math.sqrt(share * (1 - share) / (seconds["rounds"] * RATE_HZ)) + 0.05
    assert time_in("burn_in_c") / total["rounds"] == pytest.approx(share, abs=error)


def test_the_kernel_stands_above_its_caller(recording):
    reading = [stack for stack in recording.stacks if "reader" in stack.frames]
    in_kernel = [stack for stack in reading if "entry_SYSCALL_64_after_hwframe" in stack.frames]
    assert sum(stack.value for stack in in_kernel) >= 0.8 * sum(stack.value for stack in reading)
    for stack in in_kernel:
        assert stack.frames.index("reader") < stack.frames.index("entry_SYSCALL_64_after_hwframe")


def test_pprof_tells_native_code_and_the_kernel_from_python(start_program, phlox, newest_python, ebpf, library, tmp_path):
    program, output = start_program(newest_python, "native.py", library), tmp_path / "profile.pprof"
    subprocess.run([phlox, "record", "--pid", str(program.pid), "--engine", ebpf, "--native", "--duration", "1s", "--rate",
                    str(RATE_HZ), "--format", "pprof", "--output", output], check=True, timeout=END_SECONDS)
    text = gzip.decompress(output.read_bytes())
    assert b"[kernel.kallsyms]" in text and b"native_code.so" in text


def test_functions_of_a_stripped_library_have_names_from_its_debug_file(start_program, record, newest_python, ebpf, library, tmp_path):
    stripped, debug = tmp_path / "stripped.so", tmp_path / "stripped.so.debug"
    for command in (["objcopy", "--only-keep-debug", library, debug], ["strip", "-o", stripped, library],
                    ["objcopy", f"--add-gnu-debuglink={debug}", stripped]):
        subprocess.run(command, check=True, timeout=END_SECONDS)
    program = start_program(newest_python, "native.py", stripped)
    seen = {name for stack in record(program, 1, RATE_HZ, "--engine", ebpf, "--native").stacks for name in stack.frames}
    assert {"inner_burn", "outer_burn"} <= seen
    debug.unlink()
    program = start_program(newest_python, "native.py", stripped)
    seen = {name for stack in record(program, 1, RATE_HZ, "--engine", ebpf, "--native").stacks for name in stack.frames}
    assert "outer_burn" in seen and "inner_burn" not in seen


def test_engine_read_says_what_to_do_instead(start_program, phlox, newest_python, library):
    program = start_program(newest_python, "native.py", library)
    result = subprocess.run([phlox, "record", "--pid", str(program.pid), "--engine", "read", "--native", "--duration", "100ms"],
                            text=True, capture_output=True, timeout=END_SECONDS)
    assert result.returncode == 1
    assert "native frames need engine ebpf" in result.stderr and "CAP_BPF" in result.stderr
