"""What the demo starts, the server and the shop, and how it ends them whatever happens."""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

START_SECONDS = 30
END_SECONDS = 30
STOPPING = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


class Failure(Exception):
    """What went wrong and what to do, for whoever ran the demo."""


class Stopped(BaseException):
    """A signal asked the demo to stop."""

    def __init__(self, number):
        self.exit_code = 128 + number


def stop(number, _):
    # Once is enough: a second Ctrl-C would interrupt the ending of what was started, and leave it behind.
    for each in STOPPING:
        signal.signal(each, lambda *_: None)
    raise Stopped(number)


def stop_on_signals():
    for each in STOPPING:
        signal.signal(each, stop)


def hold_signals():
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)


def take_signals():
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)


def end(process):
    """Ends a process and what it started: both are one process group, see child()."""
    hold_signals()
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(END_SECONDS)
    take_signals()


@contextlib.contextmanager
def child(command, **options):
    """A process for as long as the block runs. It has a session of its own, so that Ctrl-C reaches the demo alone."""
    hold_signals()  # until there is a process to be ended; the new one takes its own
    process = subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL, preexec_fn=take_signals, **options)
    try:
        take_signals()
        yield process
    finally:
        end(process)


def get(url, **parameters):
    try:
        with urllib.request.urlopen(f"{url}?{urllib.parse.urlencode(parameters)}", timeout=END_SECONDS) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        raise Failure(f"GET {url}: {error}: {error.read().decode(errors='replace')}") from None


def refuse_taken(listen):
    host, _, port = listen.rpartition(":")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except (OSError, ValueError) as error:
            raise Failure(f"cannot listen on {listen}: {error}\n"
                          f"end what listens there, or choose another address: PHLOX_LISTEN=127.0.0.1:4041 make demo") from None


def wait_ready(server, url, log):
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(OSError, Failure):
            get(f"{url}/ready")
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(0.1)  # between two tries
    raise Failure(f"the server does not answer on {url}:\n{log.read_text()}")


@contextlib.contextmanager
def running_server(phlox, listen, directory):
    refuse_taken(listen)
    log = directory / "server.log"
    with log.open("w") as output, child([phlox, "server", "--listen", listen, "--data", directory / "data"],
                                        stdout=output, stderr=output) as server:
        url = f"http://{listen}"
        wait_ready(server, url, log)
        yield url, server


def announced(process):
    """The line of JSON with which the shop says where it is."""
    while select.select([process.stdout], [], [], START_SECONDS)[0] and (line := process.stdout.readline()):
        if line.startswith(b"{"):
            return json.loads(line)
    raise Failure("the shop did not start, see above")


def close(process, pid):
    """Ends the shop, and with it phlox, which sends what it still has; returns the shop's account."""
    with contextlib.suppress(ProcessLookupError):  # it failed before; its exit code tells
        os.kill(pid, signal.SIGTERM)
    try:
        output, _ = process.communicate(timeout=END_SECONDS)
    except subprocess.TimeoutExpired:
        raise Failure(f"the shop did not end within {END_SECONDS} s") from None
    accounts = [json.loads(line) for line in output.splitlines() if line.startswith(b"{")]
    if process.returncode != 0 or not accounts:
        raise Failure(f"the shop ended with exit code {process.returncode}, see above")
    return accounts[-1]
