"""The built agent and the built server together: what the agent measured is in the store, once, whatever happened in between."""

import json
import select
import socket
import subprocess
import sys
import time

from built_programs import program

CPU = "process_cpu:cpu:nanoseconds:cpu:nanoseconds"
READING_NS = 20_000_000
AWAY_SECONDS = 20
FOUND_SECONDS = 1.5
DEADLINE_S = 60

# Burns CPU until its input ends, then says what it used by its own clock. What the interpreter's own end takes would be in the
# profile and not in the account: it ends without.
BURNER = """
import json, os, select, sys, time
def burn():
    for _ in range(20_000): pass
started = time.time()
print("ready", flush=True)
while not select.select([sys.stdin], [], [], 0)[0]:
    burn()
print(json.dumps({"cpu_seconds": time.process_time(), "started": started, "ended": time.time()}), flush=True)
os._exit(0)
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, seconds):
    """False when the time is over first."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def test_a_server_that_is_away_loses_and_doubles_nothing(start_server):
    server = start_server("--listen", f"127.0.0.1:{free_port()}")
    command = [program("phlox"), "exec", "--server", server.url, "--service", "burner", "--", sys.executable, "-c", BURNER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as agent:
        try:
            assert agent.stdout.readline() == "ready\n"
            assert wait_until(lambda: server.metric("phlox_profiles_ingested_total") > 0, DEADLINE_S)
            server.kill()
            assert not wait_until(lambda: select.select([agent.stdout], [], [], 0)[0], AWAY_SECONDS)  # it runs on
            server.start()
            stored = server.metric("phlox_profiles_ingested_total")
            assert wait_until(lambda: server.metric("phlox_profiles_ingested_total") > stored, DEADLINE_S)
            agent.stdin.close()
            account = json.loads(agent.stdout.readline())
            assert agent.wait(DEADLINE_S) == 0, agent.stderr.read()
        finally:
            agent.kill()

    begin, end = int(account["started"] * 1000), int(account["ended"] * 1000) + 1
    profile = server.get("/api/v1/profile", **{"type": CPU, "selector": '{service_name="burner"}', "from": begin, "until": end})
    measured = profile.json["side"]["total"] / 1e9
    # What it does before phlox has found it is no part of the profile: some hundredths of a second, more where CPUs are busy. A
    # window that was lost or doubled would be some seconds.
    assert account["cpu_seconds"] * 0.98 - FOUND_SECONDS <= measured <= account["cpu_seconds"] * 1.001

    timeline = server.get("/api/v1/timeline", **{
        "type": CPU, "selector": '{service_name="burner"}', "from": begin, "until": end, "step": 10}).json
    (series,) = timeline["series"]
    assert 0 not in series["covered_ns"]
    # The first and the last window may be short, and the CPU clock is read some milliseconds beside a window's end.
    buckets = list(zip(series["values"], series["covered_ns"]))
    assert all(value <= 1.02 * covered + READING_NS for value, covered in buckets), buckets
    assert server.metric("phlox_profiles_duplicate_total") == 0
