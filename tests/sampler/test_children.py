"""`phlox exec` profiles a program's children as well, forked or executed."""

import json
import pathlib
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

FAMILY = pathlib.Path(__file__).parent / "programs/family.py"
CPU_SECONDS = {"read": 4, "ebpf": 2}  # of each member
# Children are found within a second of their start, and a member burns at most a second of CPU in it.
UNSEEN_SECONDS = 1
DEADLINE_SECONDS = 60


def get(url):
    with urllib.request.urlopen(url, timeout=DEADLINE_SECONDS) as answer:
        return answer.read()


@pytest.fixture
def server(phlox, start, tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = "127.0.0.1:{}".format(probe.getsockname()[1])
    process = start(phlox, "server", "--listen", address, "--data", tmp_path / "data")
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        assert process.poll() is None and time.monotonic() < deadline
        try:
            get(f"http://{address}/ready")
            return f"http://{address}"
        except OSError:
            time.sleep(0.05)  # between two tries


def cpu_seconds_by_function(server, service, from_ms):
    query = urllib.parse.urlencode({"selector": f'{{service_name="{service}"}}', "from": from_ms, "until": "now",
                                    "type": "process_cpu:cpu:nanoseconds:cpu:nanoseconds"})
    profile = json.loads(get(f"{server}/api/v1/profile?{query}"))
    names = profile["functions"]["name"]
    table = profile["table"]
    return {names[function]: int(total) / 1e9 for function, total in zip(table["function"], table["total"])}


def test_forked_and_executed_children_are_profiled(phlox, server, oldest_or_newest_python, engine):
    from_ms = time.time_ns() // 1_000_000
    burned = CPU_SECONDS[engine]
    subprocess.run([phlox, "--verbose", "exec", "--server", server, "--service", "family", "--engine", engine, "--",
                    oldest_or_newest_python, FAMILY, str(burned)], check=True, timeout=DEADLINE_SECONDS)
    seconds = cpu_seconds_by_function(server, "family", from_ms)
    for member in ("in_parent", "in_fork", "in_exec"):
        assert burned - UNSEEN_SECONDS <= seconds.get(member, 0) <= burned * 1.05, f"{member}: " + json.dumps(seconds)
