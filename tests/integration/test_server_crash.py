"""What has been answered with 200 is there, once, whatever happens to the server or its disk."""

import http.client
import os
import random
import subprocess
import threading
import time

import pprof
import pytest
from built_programs import program
from test_server_queries import window

DEADLINE_S = 60
# `make kill-test` kills fifty times.
KILLS = int(os.environ.get("PHLOX_KILLS", "5"))
PUSHERS = 4


class Pushers:
    """Threads that push profiles of value 1, 2, 3 ... until the server is gone. Each has an id of its own."""

    def __init__(self, start):
        self.start_s = start
        self.lock = threading.Lock()
        self.next = 1
        self.waiting = []  # sent, and never answered
        self.answered = []

    def push(self, server, value):
        body = pprof.encode(f"main;f{value % 7} {value}", (self.start_s + value % 60 * 10) * 10**9)
        answer = server.push(body, id=f"profile-{value}", pod=str(value % 3))
        assert answer.status == 200, answer.body

    def run(self, server):
        while True:
            with self.lock:
                value = self.next
                self.next += 1
            try:
                self.push(server, value)
            except (OSError, http.client.HTTPException):
                with self.lock:
                    self.waiting.append(value)
                return
            with self.lock:
                self.answered.append(value)

    def push_until_killed(self, server, answers):
        """Kills the server once that many more answers have come."""
        target = len(self.answered) + answers
        threads = [threading.Thread(target=self.run, args=(server,)) for _ in range(PUSHERS)]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + DEADLINE_S
        while len(self.answered) < target and time.monotonic() < deadline:
            time.sleep(0.001)
        server.kill()
        for thread in threads:
            thread.join(DEADLINE_S)

    def resend(self, server):
        for value in self.waiting:
            self.push(server, value)
        self.answered += self.waiting
        self.waiting = []


def stored(server, start):
    answer = server.get("/api/v1/profile", **{"from": start * 1000, "until": (start + 600) * 1000})
    assert answer.status == 200, answer.body
    return answer.json["side"]["total"], answer.json["side"]["profiles"]


@pytest.mark.parametrize("options", [[], ["--sync"]], ids=["logged", "synced"])
def test_kills_neither_lose_nor_double_what_was_answered(start_server, options):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    start = window() - 600
    server = start_server(*options)
    pushers = Pushers(start)
    for _ in range(KILLS if not options else 1):
        pushers.push_until_killed(server, rng.randrange(1, 80))
        checked = subprocess.run([program("phlox-server"), "check", "--data", server.data], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stdout + checked.stderr
        server.start()
        total, profiles = stored(server, start)
        # What was on its way may be there or not, as a whole.
        assert sum(pushers.answered) <= total <= sum(pushers.answered) + sum(pushers.waiting)
        assert len(pushers.answered) <= profiles <= len(pushers.answered) + len(pushers.waiting)
        pushers.resend(server)
        assert stored(server, start) == (sum(pushers.answered), len(pushers.answered))


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 64 MB of its own."""
    path = tmp_path / "disk"
    path.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", path], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"cannot mount a small disk: {mounted.stderr.strip()}")
    yield path
    subprocess.run(["umount", "--lazy", path], check=True)


def until(condition):
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_full_disk_refuses_profiles_until_there_is_space(small_disk, start_server):
    server = start_server(data=small_disk / "data")
    start = window()
    body = pprof.encode("main;foo 75", start * 10**9)
    assert server.push(body, id="before").status == 200
    ballast = small_disk / "ballast"
    with open(ballast, "wb", buffering=0) as file:
        try:
            while file.write(bytes(1 << 16)):
                pass
        except OSError:
            pass  # full
    answers = []

    def is_refused():
        answers.append(server.push(body, id=f"full-{len(answers)}"))
        return answers[-1].status == 507

    until(is_refused)
    assert "--max-size" in answers[-1].json["message"] or "No space" in answers[-1].json["message"]
    taken = sum(answer.status == 200 for answer in answers)
    assert stored(server, start)[0] == 75 * (1 + taken), "queries go on"
    ballast.unlink()
    until(lambda: server.push(body, id="after").status == 200)
    assert stored(server, start)[0] == 75 * (2 + taken)
    server.restart()
    assert stored(server, start)[0] == 75 * (2 + taken)
