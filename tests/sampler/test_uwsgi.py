"""A real uWSGI, whose workers are forked without a word to Python: its application's functions have their names."""

import contextlib
import hashlib
import os
import pathlib
import shutil
import socket
import subprocess
import threading
import time
import urllib.request

import pytest

from built_programs import ROOT
from conftest import END_SECONDS, parse_folded

HERE = pathlib.Path(__file__).parent
REQUIREMENTS = HERE / "requirements-uwsgi.txt"
PYTHON = "/usr/bin/python3"
BUILD_SECONDS = 300
WORKERS = 2


@pytest.fixture(scope="session")
def uwsgi():
    """Its path; built once, in some 30 s of CPU time, and kept under build/, with nothing in it but Python."""
    version = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    directory = ROOT / "build/uwsgi" / version
    if not (directory / ".installed").is_file():
        shutil.rmtree(directory, ignore_errors=True)
        environment = {**os.environ, "UWSGI_PROFILE_OVERRIDE": "embedded_plugins=python", "CPUCOUNT": "2", "CFLAGS": "-O0 -g0"}
        for command in ([ROOT / "tools/install", ROOT / "tools/packages-uwsgi.txt"], [PYTHON, "-m", "venv", directory],
                        [directory / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "--no-cache-dir",
                         "--no-binary", ":all:", "--requirement", REQUIREMENTS]):
            try:
                subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, timeout=BUILD_SECONDS, check=True)
            except subprocess.SubprocessError as error:
                pytest.skip(f"uWSGI cannot be built: {error}\n{(error.stdout or '')[-500:]}")
        (directory / ".installed").touch()
    return directory / "bin/uwsgi"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def requests_to(url):
    """Sends requests for as long as it lasts; the first one has been answered."""
    deadline = time.monotonic() + END_SECONDS
    while True:
        try:
            urllib.request.urlopen(url, timeout=1).read()
            break
        except OSError:
            assert time.monotonic() < deadline, "it does not answer"
            time.sleep(0.02)
    over = threading.Event()

    def send():
        while not over.is_set():
            with contextlib.suppress(OSError):
                urllib.request.urlopen(url, timeout=END_SECONDS).read()
    senders = [threading.Thread(target=send) for _ in range(WORKERS)]
    for sender in senders:
        sender.start()
    try:
        yield
    finally:
        over.set()
        for sender in senders:
            sender.join()


@pytest.mark.parametrize("options", [[], ["--lazy-apps"]], ids=["forked", "lazy"])
def test_the_handler_of_a_request_has_its_name(phlox, start, uwsgi, engine, options, tmp_path):
    port = free_port()
    master = start(uwsgi, "--http-socket", f"127.0.0.1:{port}", "--wsgi-file", HERE / "programs/uwsgi_app.py", "--master",
                   "--workers", WORKERS, "--die-on-term", "--disable-logging", *options, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    output = tmp_path / "profile.folded"
    try:
        with requests_to(f"http://127.0.0.1:{port}/"):
            subprocess.run([phlox, "record", "--engine", engine, "--pid", str(master.pid), "--duration", "2s", "--rate", "200",
                            "--threads", "--output", output], check=True, capture_output=True, timeout=END_SECONDS)
    finally:
        master.terminate()  # and so its workers
        master.wait(timeout=END_SECONDS)
    stacks = parse_folded(output.read_text())
    total = sum(stack.value for stack in stacks)
    handled = [stack for stack in stacks if stack.frames[-2:] == ["application", "handle_request"]]
    assert sum(stack.value for stack in handled) >= 0.6 * total, stacks
    assert len({stack.frames[0] for stack in handled}) == WORKERS  # both of them
