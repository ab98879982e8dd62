"""What is looked at on the spot: `phlox dump` and `phlox top`."""

import json
import os
import fcntl
import pty
import pwd
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import time

import pytest

END_SECONDS = 30
LINES, COLUMNS = 20, 120


@pytest.fixture
def program(start_program, newest_python):
    return start_program(newest_python, "gil.py", "hash")


def frames_by_thread(phlox, program, *options):
    """The thread's function -> the thread, as `phlox dump` has it."""
    output = subprocess.run([phlox, "dump", "--pid", str(program.pid), "--format", "json", *options], check=True,
                            capture_output=True, timeout=END_SECONDS).stdout
    threads = json.loads(output)
    names = ("first_counter", "second_counter", "hasher", "sleeper", "<module>")
    return {name: thread for thread in threads for name in names
            if any(frame["function"] == name for frame in thread["frames"])}


def test_dump_shows_every_thread(phlox, start_program, python_3, request):
    program = start_program(python_3, "gil.py", "hash")
    holders = set()
    for _ in range(20):
        threads = frames_by_thread(phlox, program)
        # A counter may be caught between two functions, when what is certain of its stack ends above its own.
        assert {"sleeper", "<module>"} <= set(threads)
        sleeper = threads["sleeper"]
        assert (sleeper["state"], sleeper["gil"], sleeper["note"]) == ("asleep", "", "")
        names = [frame["function"] for frame in sleeper["frames"]]
        assert names[:2] in (["Condition.wait", "Event.wait"], ["wait", "wait"])  # before 3.11 names are not qualified
        assert names[names.index("sleeper") + 1] in ("Thread.run", "run")
        holders |= {name for name, thread in threads.items() if thread["gil"] == "holds the GIL"}
    if not request.node.callspec.id.startswith("3.6."):  # which does not say who has its GIL
        assert holders & {"first_counter", "second_counter"}
    assert "sleeper" not in holders


def test_dump_shows_native_code_of_a_thread_that_sleeps(phlox, start_program, python_3_of_each_kind):
    threads = frames_by_thread(phlox, start_program(python_3_of_each_kind, "gil.py", "hash"), "--native")
    names = [frame["function"] for frame in threads["sleeper"]["frames"]]
    waits = names.index("Condition.wait" if "Condition.wait" in names else "wait")
    in_c = threads["sleeper"]["frames"][:waits]
    locks = ("PyThread_acquire_lock_timed", "_PySemaphore", "_PyParkingLot")  # the last two from 3.14 on
    assert any(frame["function"].startswith(locks) for frame in in_c), in_c
    assert all(frame["file"] and frame["line"] == 0 for frame in in_c)
    # Python's own calls stay whole, and what makes frames for them does not show.
    own = [frame for frame in threads["sleeper"]["frames"] if frame["file"].endswith(".py")]
    plain = frames_by_thread(phlox, start_program(python_3_of_each_kind, "gil.py", "hash"))["sleeper"]["frames"]
    assert [frame["function"] for frame in own] == [frame["function"] for frame in plain]
    assert not {"_PyEval_EvalFrameDefault", "_PyEval_Vector"} & set(names)


def test_native_code_stands_between_the_python_frames_that_it_joins(phlox, start, python_of_each_kind, request):
    code = "import sys, time\nsys.stdout.write('ready\\n'); sys.stdout.flush()\ndef key(_): time.sleep(1000)\nsorted([1], key=key)"
    program = start(python_of_each_kind, "-c", code, stdout=subprocess.PIPE)
    assert program.stdout.readline() == "ready\n"
    deadline, frames = time.monotonic() + END_SECONDS, []
    while len(frames) < 3:  # it is on its way to sleep
        assert time.monotonic() < deadline
        output = subprocess.run([phlox, "dump", "--native", "--pid", str(program.pid), "--format", "json"], check=True,
                                capture_output=True, timeout=END_SECONDS).stdout
        frames = json.loads(output)[0]["frames"]
    names = [frame["function"] for frame in frames]
    key, module = names.index("key"), names.index("<module>")
    assert key > 0 and module == len(names) - 1  # what sleeps is above, what starts Python is left out
    # Before 3.11 only a stack that is known down to its first function tells where C code stands.
    if request.node.callspec.id.startswith(("3.11.", "3.12.", "3.13.", "3.14.")):
        assert module > key + 1 and all(frame["line"] == 0 for frame in frames[key + 1:module])


def test_dump_shows_native_code_of_a_thread_that_runs(phlox, program, ebpf):
    deadline, leaf = time.monotonic() + END_SECONDS, "gil.py"
    while leaf.endswith((".py", "[kernel.kallsyms]")):  # it waits for the GIL just then, or has just got it
        assert time.monotonic() < deadline
        leaf = frames_by_thread(phlox, program, "--native")["hasher"]["frames"][0]["file"]
    assert leaf.startswith(("libcrypto", "_hashlib", "libpython", "python"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_dump_says_why_threads_that_run_show_no_native_code(phlox, start):
    nobody = pwd.getpwnam("nobody")
    as_nobody = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": [], "cwd": "/"}
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        copy = shutil.copy(phlox, directory)  # the build directory may be closed to others
        program = start("/usr/bin/python3", "-uc", "print()\nwhile True: pass", stdout=subprocess.PIPE, **as_nobody)
        program.stdout.readline()
        result = subprocess.run([copy, "dump", "--native", "--pid", str(program.pid)], text=True, capture_output=True,
                                timeout=END_SECONDS, **as_nobody)
    if "permission" in result.stderr and result.returncode != 0:
        pytest.skip(result.stderr.strip())
    assert "<module>" in result.stdout
    assert "need engine ebpf" in result.stderr and "CAP_BPF" in result.stderr


def test_top_shows_native_code(phlox, program, ebpf):
    result = subprocess.run([phlox, "top", "--native", "--pid", str(program.pid), "--interval", "500ms", "--iterations", "2"],
                            text=True, check=True, capture_output=True, timeout=END_SECONDS)
    first = result.stdout.strip().split("\n\n")[1].splitlines()[2]  # of the second table, by self: most hash
    assert any(part in first for part in ("sha256", "SHA256", "+0x")), result.stdout


def test_top_prints_tables_to_a_pipe(phlox, program):
    result = subprocess.run([phlox, "top", "--pid", str(program.pid), "--interval", "500ms", "--iterations", "2"], text=True,
                            check=True, capture_output=True, timeout=END_SECONDS)
    tables = result.stdout.strip().split("\n\n")
    assert len(tables) == 2
    assert "cores" in tables[1] and "count" in tables[1] and "hasher" in tables[1]


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, *command):
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.execv(command[0], list(map(str, command)))
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self._output = ""

    def wait_for(self, text):
        """The last page drawn, once it shows the text."""
        deadline = time.monotonic() + END_SECONDS
        while text not in self._output.rpartition("\x1b[H")[2]:
            assert time.monotonic() < deadline, self._output[-2000:]
            if select.select([self._fd], [], [], 0.1)[0]:
                self._output += os.read(self._fd, 65536).decode(errors="replace")
        page = self._output.rpartition("\x1b[H")[2]
        self._output = ""
        return page

    def press(self, keys):
        os.write(self._fd, keys.encode())

    def exit_code(self):
        """Once it has ended; it is killed if it does not."""
        deadline = time.monotonic() + END_SECONDS
        while time.monotonic() < deadline:
            try:
                if select.select([self._fd], [], [], 0.1)[0]:
                    os.read(self._fd, 65536)
            except OSError:  # the other side is closed
                break
        else:
            os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        os.close(self._fd)
        return os.waitstatus_to_exitcode(status)


def test_top_on_a_terminal_obeys_keys(phlox, program):
    terminal = Terminal(str(phlox), "top", "--pid", program.pid, "--interval", "500ms")
    try:
        assert "FUNCTION" in terminal.wait_for("hasher")
        terminal.press("t")
        page = terminal.wait_for("THREAD")
        assert len(page.splitlines()) <= LINES
        terminal.press("f")
        terminal.wait_for("FUNCTION")
        terminal.press("/")
        terminal.wait_for("filter '_'")
        terminal.press("hash")
        assert "bootstrap" not in terminal.wait_for("filter 'hash_'")
        terminal.press("\n")
        terminal.wait_for("filter 'hash'")
        terminal.press("q")
    finally:
        exit_code = terminal.exit_code()
    assert exit_code == 0
