"""phlox exec must not be noticed: not by the program, not by who started it."""

import os
import pty
import re
import signal
import stat
import subprocess

import pytest

from programs import (BURNER, DEADLINE_S, JOB_SHELL, PHLOX, PYTHON, SIGNAL_LOGGER, WHAT_A_PROGRAM_SEES, PushServer,
                      Reader, Running, cpu_seconds, end, exec_command, python, run, seen_by_program, state_of, wait_until)


@pytest.mark.parametrize("code", [0, 1, 77, 255])
def test_exit_codes_are_passed_on(code):
    assert run(exec_command(*python(f"raise SystemExit({code})"))).returncode == code


@pytest.mark.parametrize("name", ["SIGTERM", "SIGKILL", "SIGSEGV", "SIGABRT", "SIGINT"])
def test_a_death_by_signal_is_passed_on(name, tmp_path):
    number = getattr(signal, name)
    source = f"import os, signal; signal.signal({number}, signal.SIG_DFL) if {number} != 9 else 0; os.kill(os.getpid(), {number})"
    assert run(exec_command(*python(source)), cwd=tmp_path).returncode == -number
    assert not [core for core in os.listdir(tmp_path) if "phlox" in core]


def test_the_program_sees_what_it_would_see_without_us(tmp_path):
    command = python(WHAT_A_PROGRAM_SEES)
    read_end, write_end = os.pipe()

    def prepare():
        os.umask(0o027)
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2, signal.SIGTERM])
        os.setpriority(os.PRIO_PROCESS, 0, 3)

    options = dict(pass_fds=[read_end], cwd=tmp_path, preexec_fn=prepare, env={"A": "b c", "PATH": os.environ["PATH"]},
                   stdin=subprocess.DEVNULL)
    try:
        without = seen_by_program(command, **options)
        with_us = seen_by_program(exec_command(*command), **options)
    finally:
        os.close(read_end)
        os.close(write_end)
    assert str(read_end) in without["descriptors"]
    assert with_us == without


def test_closed_descriptors_stay_closed(tmp_path):
    source = "import os; open('seen', 'w').write(' '.join(fd for fd in '012' if os.path.exists('/proc/self/fd/' + fd)))"
    shell = "exec \"$@\" <&- >&- 2>&-"
    seen = []
    for command in (python(source), exec_command(*python(source))):
        run(["sh", "-c", shell, "sh", *command], cwd=tmp_path)
        # The file that is being written has a number too, the lowest free one.
        seen.append((tmp_path / "seen").read_text())
    assert seen[0] == seen[1]


def test_input_and_outputs_pass_through():
    source = "import sys; data = sys.stdin.buffer.read(); sys.stdout.buffer.write(data[::-1]); sys.stderr.write('oops')"
    data = bytes(range(256)) * 1000
    result = subprocess.run(exec_command(*python(source)), input=data, capture_output=True, timeout=DEADLINE_S)
    assert result.stdout == data[::-1]
    assert b"oops" in result.stderr


def test_words_behind_the_dashes_are_the_programs():
    source = "import sys; print(sys.argv[1:])"
    words = ["--server", "x", "--", "-h", "--", ""]
    assert run(exec_command(*python(source, *words))).stdout == f"{words}\n"


def test_the_dashes_may_be_left_out():
    command = [PHLOX, "exec", "--service", "test", *python("import sys; print(sys.argv[1:])", "--rate", "--", "-x")]
    assert run(command).stdout == "['--rate', '--', '-x']\n"


@pytest.mark.parametrize("name", "INT TERM HUP USR1 USR2 WINCH QUIT CONT".split())
def test_a_signal_to_phlox_reaches_the_program_once(name):
    with Running(exec_command(*python(SIGNAL_LOGGER))) as phlox:
        phlox.output.line_with("ready")
        phlox.process.send_signal(getattr(signal, "SIG" + name))
        assert phlox.output.line() == f"got SIG{name}"
        # A second one of the same would have come before the answer.
        phlox.write("still there\n")
        assert phlox.output.line() == "read still there"
        phlox.write("quit 5\n")
        assert phlox.wait() == 5


def test_an_alarm_set_before_phlox_reaches_the_program():
    with Running(exec_command(*python(SIGNAL_LOGGER)),
                 preexec_fn=lambda: signal.setitimer(signal.ITIMER_REAL, 2)) as phlox:
        phlox.output.line_with("ready")
        assert phlox.output.line() == "got SIGALRM"


def test_a_signal_that_the_program_sends_to_its_group_comes_once():
    source = SIGNAL_LOGGER.replace("for line in", "os.killpg(0, signal.SIGUSR1)\nfor line in")
    with Running(exec_command(*python(source)), start_new_session=True) as phlox:
        phlox.output.line_with("ready")
        assert phlox.output.line() == "got SIGUSR1"
        phlox.write("still there\n")
        assert phlox.output.line() == "read still there"


class Terminal:
    """A command in a session and on a terminal of its own."""

    def __init__(self, command):
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.execv(command[0], command)
        self.output = Reader(self.descriptor)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end(self.pid)
        os.close(self.descriptor)
        os.waitpid(self.pid, 0)

    def write(self, data):
        os.write(self.descriptor, data)


def test_the_terminal_is_the_programs():
    source = ("import os, sys; tty = os.open('/dev/tty', os.O_RDWR); "
              "print('tty', os.tcgetpgrp(tty) == os.getpgrp(), sys.stdin.isatty(), os.ttyname(0) == os.ttyname(1))")
    with Terminal(exec_command(*python(source))) as terminal:
        assert terminal.output.line_with("tty") == "tty True True True"


def test_control_c_reaches_the_program_once():
    with Terminal(exec_command(*python(SIGNAL_LOGGER))) as terminal:
        terminal.output.line_with("ready")
        terminal.write(b"\x03")
        assert terminal.output.line_with("SIG").endswith("got SIGINT")
        terminal.write(b"hello\n")
        lines = [terminal.output.line()]
        while "read hello" not in lines[-1]:
            lines.append(terminal.output.line())
        assert not [line for line in lines if "SIGINT" in line]


def test_a_stopped_job_is_seen_and_continued():
    command = [PYTHON, "-c", JOB_SHELL, *exec_command(*python(SIGNAL_LOGGER))]
    with Terminal(command) as terminal:
        terminal.output.line_with("ready")
        for _ in range(3):
            terminal.write(b"\x1a")
            assert terminal.output.line_with("stopped").endswith("stopped by SIGTSTP")  # after the echo ^Z
            assert terminal.output.line_with("got") == "got SIGCONT"
        terminal.write(b"quit 6\n")
        lines = []
        while not lines or "ended" not in lines[-1]:
            lines.append(terminal.output.line())
        assert lines[-1] == "ended with 6"
        assert not [line for line in lines if "SIGCONT" in line]


def test_a_program_that_stops_itself_stops_the_job():
    source = "import os, signal; os.kill(os.getpid(), signal.SIGSTOP); print('on again', flush=True)"
    with Terminal([PYTHON, "-c", JOB_SHELL, *exec_command(*python(source))]) as terminal:
        assert terminal.output.line_with("stopped") == "stopped by SIGSTOP"
        terminal.output.line_with("on again")
        assert terminal.output.line_with("ended") == "ended with 0"


def test_a_program_stopped_by_others_does_not_leave_phlox_stopped():
    with Running(exec_command(*python(SIGNAL_LOGGER)), start_new_session=True) as phlox:
        pid = int(phlox.output.line_with("ready").split()[1])
        os.kill(pid, signal.SIGSTOP)
        wait_until(lambda: state_of(pid) == "T", "the program does not stop")
        os.kill(pid, signal.SIGCONT)
        assert phlox.output.line() == "got SIGCONT"
        phlox.write("quit 4\n")
        assert phlox.wait() == 4


def test_a_program_that_is_not_found_is_127():
    result = run(exec_command("no-such-program-anywhere"))
    assert result.returncode == 127
    assert "phlox: error: cannot run 'no-such-program-anywhere': No such file or directory" in result.stderr


def test_a_file_that_cannot_be_executed_is_126(tmp_path):
    file = tmp_path / "program"
    file.write_text("#!/bin/sh\n")
    file.chmod(stat.S_IRUSR | stat.S_IWUSR)
    result = run(exec_command(str(file)))
    assert result.returncode == 126
    assert "Permission denied" in result.stderr


def test_wrong_usage_is_2_and_starts_nothing(tmp_path):
    for options in (["--rate", "fast"], ["--server", "https://x"], ["--label", "x"], ["--no-such-option"],
                    ["--label", "worker=1"]):
        result = run([PHLOX, "exec", *options, "--", "touch", str(tmp_path / "started")])
        assert result.returncode == 2, options
        assert result.stderr.startswith("phlox: error: ")
    assert not (tmp_path / "started").exists()


def test_without_a_server_the_program_runs_and_one_warning_says_so():
    with Running(exec_command(*python(BURNER))) as phlox:
        phlox.output.line_with("ready")
        wait_until(lambda: state_of(phlox.process.pid) == "S", "phlox does not wait")
        phlox.process.send_signal(signal.SIGTERM)
        assert phlox.wait() == 3
        errors = phlox.process.stderr.read().decode()
    assert len(re.findall("cannot reach", errors)) <= 1


def test_a_program_that_is_not_python_runs():
    assert run(exec_command("sh", "-c", "exit 9")).returncode == 9


def test_what_was_sampled_arrives_with_its_labels():
    with PushServer() as server:
        command = exec_command(*python(BURNER), server=server.url,
                               options=("--service", "shop", "--label", "version=7"))
        with Running(command) as phlox:
            pid = int(phlox.output.line_with("ready").split()[1])
            # Long enough for a target to be found, which takes up to a second, and some ticks.
            wait_until(lambda: cpu_seconds(pid) > 1.5, "the program does not burn")
            phlox.process.send_signal(signal.SIGTERM)
            assert phlox.wait() == 3
        pushed = b"".join(server.bodies)
    for text in (b"service_name", b"shop", b"version", b"process_cpu", b"worker", b"host"):
        assert text in pushed


def test_the_program_outlives_phlox():
    with Running(exec_command(*python(SIGNAL_LOGGER))) as phlox:
        pid = int(phlox.output.line_with("ready").split()[1])
        try:
            phlox.process.kill()
            assert phlox.wait() == -signal.SIGKILL
            phlox.write("still there\n")
            assert phlox.output.line() == "read still there"
            phlox.write("quit 0\n")
            wait_until(lambda: state_of(pid) in (None, "Z"), "the program does not end")
        finally:
            if state_of(pid) is not None:
                end(pid)


def test_exec_in_exec():
    with Running(exec_command(*exec_command(*python(SIGNAL_LOGGER)))) as phlox:
        phlox.output.line_with("ready")
        phlox.process.send_signal(signal.SIGTERM)
        assert phlox.output.line() == "got SIGTERM"
        phlox.write("quit 11\n")
        assert phlox.wait() == 11
