"""The tasks of asyncio as frames: below the frames that a task runs, its name; nowhere else."""

import collections
import json
import re
import subprocess
import time

SECONDS = 3
RATE_HZ = 500
DUMPS = 10
END_SECONDS = 30

# Function of a task -> its frame. The longest name is cut to sixty bytes, and the number at the end of a name is left out.
TASKS = {
    "fetch": "[task fetch]",
    "unnamed": "[task Task]",
    "wide": "[task über世界🐍 a name with more than sixty bytes, cut to wh]",
    "numbered": "[task]",
    "child": "[task child]",
    "elsewhere": "[task elsewhere]",
}
MARKS = ("[moving]", "[incomplete]", "[unreadable]", "[replaced code]")


def version_of(request):
    return tuple(map(int, re.search(r"[\d.]+", request.node.callspec.id)[0].split(".")))


def test_a_running_task_is_a_frame_below_its_coroutine(start_program, record, python_3, engine, request):
    program = start_program(python_3, "tasks.py")
    stacks = record(program, SECONDS, RATE_HZ, "--engine", engine, "--tasks").stacks
    version = version_of(request)
    seen = collections.Counter()
    for stack in stacks:
        frames = [frame for frame in stack.frames if frame not in MARKS]
        tasks = [frame for frame in frames if frame.startswith("[task")]
        own = [function for function in TASKS if function in frames]
        if version < (3, 8) or not own:
            # Where no coroutine of a task is on the stack, neither is the task; of one that moved, only its callers may be certain.
            assert not tasks or version >= (3, 8) and ({"main", "parent"} & set(frames) or "[moving]" in stack.frames), stack.frames
            continue
        at = frames.index(own[0])
        assert frames[at - 1] == TASKS[own[0]], frames
        assert "Handle._run" in frames[:at - 1] or "_run" in frames[:at - 1], frames
        if own[0] == "child" and version >= (3, 14):  # which tells who awaits a task
            assert frames[at - 2] == "[task parent]", frames
        seen[own[0]] += 1
    assert version < (3, 8) or set(seen) == set(TASKS)


def test_without_the_option_there_are_no_tasks(start_program, record, newest_python, engine):
    program = start_program(newest_python, "tasks.py")
    stacks = record(program, 1, RATE_HZ, "--engine", engine).stacks
    assert stacks and not any(frame.startswith("[task") for stack in stacks for frame in stack.frames)


def waiting_tasks(phlox, program):
    """[(name, functions of its stack, leaf first)], as `phlox dump` has them."""
    output = subprocess.run([phlox, "dump", "--pid", str(program.pid), "--waiting-tasks", "--format", "json"], check=True,
                            capture_output=True, timeout=END_SECONDS).stdout
    return [(entry["task"], [frame["function"].rpartition(".")[2] for frame in entry["frames"]])
            for entry in json.loads(output) if "task" in entry]


def test_dump_shows_tasks_that_wait(phlox, start_program, python_3, request):
    program = start_program(python_3, "tasks.py")
    version = version_of(request)
    if version < (3, 7):  # which has no list of all tasks
        assert waiting_tasks(phlox, program) == []
        return
    deadline = time.monotonic() + END_SECONDS
    while not any("step" in functions and "child" in functions for _, functions in waiting_tasks(phlox, program)):
        assert time.monotonic() < deadline, "the last task has not begun"
    seen = collections.Counter()
    for _ in range(DUMPS):
        for name, functions in waiting_tasks(phlox, program):
            own = [function for function in functions if not function.startswith("[task ")]
            if own[-1] in ("sleeper", "parent"):
                assert own == {"sleeper": ["wait", "wait_for_it", "sleeper"], "parent": ["parent"]}[own[-1]]
            else:  # it waits for its turn, or for other tasks
                assert own in (["__sleep0", "sleep", "step", own[-1]], ["_wait", "wait", "main"], ["other_main"])
            # From 3.14 on, which tells who awaits a task.
            awaited_by = [function for function in functions if function.startswith("[task ")]
            if version >= (3, 14) and own[-1] == "child":
                assert awaited_by[0] == "[task parent]" and awaited_by[1].startswith("[task Task-")
            assert version >= (3, 14) or not awaited_by
            seen[name if version >= (3, 8) else own[-1]] += 1
    # Others run now and then.
    assert seen["sleeper"] == seen["parent"] == DUMPS
    assert version < (3, 8) or {"child", "fetch-1", "fetch-22", "12345"} <= set(seen)
