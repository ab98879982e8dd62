"""What is looked at on the spot: `phlox dump` and `phlox top`."""

import json
import os
import fcntl
import pty
import select
import signal
import struct
import subprocess
import termios
import time

import pytest

END_SECONDS = 30
LINES, COLUMNS = 20, 120


@pytest.fixture
def program(start_program, newest_python):
    return start_program(newest_python, "gil.py", "hash")


def frames_by_thread(phlox, program):
    """The thread's function -> the thread, as `phlox dump` has it."""
    output = subprocess.run([phlox, "dump", "--pid", str(program.pid), "--format", "json"], check=True, capture_output=True,
                            timeout=END_SECONDS).stdout
    threads = json.loads(output)
    names = ("first_counter", "second_counter", "hasher", "sleeper", "<module>")
    return {name: thread for thread in threads for name in names
            if any(frame["function"] == name for frame in thread["frames"])}


def test_dump_shows_every_thread(phlox, start_program, python, request):
    program = start_program(python, "gil.py", "hash")
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
