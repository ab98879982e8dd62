"""Programs that the tests start, and the phlox they start them with."""

import json
import os
import pathlib
import selectors
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from built_programs import program

PHLOX = program("phlox")
PYTHON = sys.executable
DEADLINE_S = 60
NOBODY = "http://127.0.0.1:9"  # the discard port: nothing listens there

# Under nohup it is ignored, and whatever the tests start would inherit that.
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# All that a program can see of how it was started, but for its parent and what differs by chance.
WHAT_A_PROGRAM_SEES = """
import json, os, resource, signal
def file(fd):
    try:
        return os.readlink(f"/proc/self/fd/{fd}")
    except FileNotFoundError:
        return None  # the descriptor with which the folder itself was listed
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(json.dumps({
    "descriptors": {fd: file(fd) for fd in sorted(os.listdir("/proc/self/fd")) if int(fd) > 2 and file(fd)},
    "signals": [status[name].strip() for name in ("SigBlk", "SigIgn", "SigCgt")],
    "group": os.getpgrp(), "session": os.getsid(0),
    "folder": os.getcwd(), "environment": dict(os.environ), "mask": os.umask(0),
    "nice": os.nice(0), "cpus": sorted(os.sched_getaffinity(0)), "policy": os.sched_getscheduler(0),
    "limits": [resource.getrlimit(i) for i in (resource.RLIMIT_CORE, resource.RLIMIT_NOFILE, resource.RLIMIT_STACK)],
    "dumpable": os.stat("/proc/self/stat").st_uid,
    "threads": status["Threads"].strip(), "tracer": status["TracerPid"].strip(),
}, sort_keys=True))
"""

# Says its pid, then each signal it gets; a line "quit CODE" on its input, or none left, ends it.
# Waits for signals and input at once: Python runs a handler between two of its own instructions, so
# of a signal that comes just before a plain read blocks, nothing would be said until the next line.
SIGNAL_LOGGER = """
import os, select, signal, sys
def log(number, frame):
    os.write(1, f"got {signal.Signals(number).name}\\n".encode())
def lines():
    while True:
        ready, _, _ = select.select([0, came], [], [])
        if came in ready:
            os.read(came, 4096)
        elif line := os.read(0, 4096):
            yield line.decode()
        else:
            return
came, comes = os.pipe()
os.set_blocking(comes, False)
signal.set_wakeup_fd(comes)
for name in "INT TERM HUP USR1 USR2 WINCH QUIT CONT ALRM".split():
    signal.signal(getattr(signal, "SIG" + name), log)
os.write(1, f"ready {os.getpid()}\\n".encode())
for line in lines():
    if line.startswith("quit"):
        sys.exit(int(line.split()[1]))
    os.write(1, f"read {line}".encode())
"""

# Burns CPU until it is told to end by SIGTERM, then ends with 3.
BURNER = """
import os, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
def burn():
    while True:
        sum(i * i for i in range(10000))
os.write(1, f"ready {os.getpid()}\\n".encode())
burn()
"""

# A shell's job control in small: runs its arguments as a foreground job of the terminal, says when
# the job stops, continues it, says how it ends.
JOB_SHELL = """
import os, signal, sys
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
job = os.fork()
if job == 0:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpid())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execv(sys.argv[1], sys.argv[1:])
while True:
    _, status = os.waitpid(job, os.WUNTRACED)
    if os.WIFSTOPPED(status):
        print("stopped by", signal.Signals(os.WSTOPSIG(status)).name, flush=True)
        os.killpg(job, signal.SIGCONT)
    else:
        print("ended with", os.waitstatus_to_exitcode(status), flush=True)
        break
"""


def exec_command(*program, server=NOBODY, options=("--service", "test")):
    return [PHLOX, "exec", "--server", server, *options, "--", *program]


def python(source, *arguments):
    return [PYTHON, "-c", source, *arguments]


class Reader:
    """Lines from a descriptor, each waited for with a deadline."""

    def __init__(self, descriptor):
        self._descriptor = descriptor
        self._selector = selectors.DefaultSelector()
        self._selector.register(descriptor, selectors.EVENT_READ)
        self._buffer = b""

    def line(self):
        deadline = time.monotonic() + DEADLINE_S
        while b"\n" not in self._buffer:
            assert self._selector.select(deadline - time.monotonic()), f"no line, only {self._buffer!r}"
            try:
                piece = os.read(self._descriptor, 4096)
            except OSError:  # a terminal whose other side is closed
                piece = b""
            assert piece, f"the end instead of a line, after {self._buffer!r}"
            self._buffer += piece
        line, self._buffer = self._buffer.split(b"\n", 1)
        return line.decode().rstrip("\r")

    def line_with(self, word):
        while word not in (line := self.line()):
            pass
        return line


class Running:
    """A started command with pipes; ended by force if the test leaves it."""

    def __init__(self, command, **options):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0, **options)
        self.output = Reader(self.process.stdout.fileno())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate(timeout=DEADLINE_S)

    def write(self, text):
        self.process.stdin.write(text.encode())

    def wait(self):
        return self.process.wait(timeout=DEADLINE_S)


def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S, **options)


def state_of(pid):
    """The letter of proc(5), or None for a process that is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return None


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_until(condition, what):
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.005)


def end(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


class ThreadedServer:
    """Answers on a free port, in a thread of its own, as long as the with statement lasts."""

    def __init__(self, handler):
        handler.log_message = lambda *_: None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class PushServer(ThreadedServer):
    """Takes what is pushed and keeps the bodies."""

    def __init__(self):
        self.bodies = []
        bodies = self.bodies

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

        super().__init__(Handler)


def seen_by_program(command, **options):
    result = run(command, **options)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)
