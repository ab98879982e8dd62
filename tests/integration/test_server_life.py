"""Starting, stopping, crashing."""

import subprocess
import time

import pprof
import pytest
from built_programs import program
from programs import DEADLINE_S
from test_server_queries import query, stacks_of, window


def run_until_exit(*options):
    """Exit status and what it said of a server that should not come up."""
    done = subprocess.run([program("phlox-server"), *options], capture_output=True, timeout=DEADLINE_S, text=True)
    return done.returncode, done.stderr


def test_nothing_acknowledged_is_lost_by_a_kill(phlox_server):
    start = window()
    pushed = {}
    for crash in range(3):
        for i in range(20):
            name = f"main;f{crash}_{i}"
            body = pprof.encode(f"{name} {i + 1}", (start + 10 * (i % 3)) * 10**9)
            assert phlox_server.push(body, id=name).status == 200
            pushed[name] = i + 1
        phlox_server.kill()
        phlox_server.restart()
        assert stacks_of(query(phlox_server, start, 30)) == pushed


def test_a_profile_sent_again_counts_once_even_after_a_restart(phlox_server):
    start = window()
    body = pprof.encode("main;foo 75", start * 10**9)
    for _ in range(2):
        assert phlox_server.push(body, id="a").status == 200
    phlox_server.restart()
    assert phlox_server.push(body, id="a").status == 200
    assert phlox_server.metric("phlox_profiles_duplicate_total") == 1
    assert stacks_of(query(phlox_server, start)) == {"main;foo": 75}


def test_sigterm_ends_it_cleanly(phlox_server):
    assert phlox_server.get("/ready").status == 200
    assert phlox_server.stop() == 0


def test_a_backup_of_the_running_server_is_started_on_as_it_is(start_server, tmp_path):
    server = start_server("--backups", str(tmp_path / "backups"))
    start = window()
    assert server.push(pprof.encode("main;foo 75", start * 10**9), id="a").status == 200
    answer = server.request("POST", "/api/v1/backups", b"")
    assert answer.status == 200, answer.body
    backup = answer.json["directory"]
    assert server.push(pprof.encode("main;bar 1", start * 10**9), id="b").status == 200
    checked = subprocess.run([program("phlox-server"), "check", "--data", backup], capture_output=True, text=True)
    assert checked.returncode == 0 and "everything adds up" in checked.stdout, checked.stdout
    restored = start_server(data=backup)
    assert stacks_of(query(restored, start)) == {"main;foo": 75}
    assert restored.push(pprof.encode("main;foo 75", start * 10**9), id="a").status == 200
    assert restored.metric("phlox_profiles_duplicate_total") == 1
    assert stacks_of(query(server, start)) == {"main;foo": 75, "main;bar": 1}


def test_backups_are_off_unless_there_is_a_place_for_them(phlox_server):
    answer = phlox_server.request("POST", "/api/v1/backups", b"")
    assert answer.status == 404 and "--backups" in answer.json["message"]


def test_the_status_page_needs_no_script(start_server):
    server = start_server("--retention", "10s=1d,10m=2d,1h=3d,1d=forever")
    assert server.push(pprof.encode("main 1", window() * 10**9)).status == 200
    page = server.get("/status")
    text = page.body.decode()
    assert page.headers["Content-Type"].startswith("text/html") and "<script" not in text
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    for said in ("profiles since the start<td>1\n", "retention<td>10s=1d,10m=2d,1h=3d,1d=forever\n", "up for<td>0 d 0 h"):
        assert said in text, text


def test_a_port_that_is_taken_is_named(phlox_server, tmp_path):
    port = phlox_server.url.rsplit(":", 1)[1]
    status, said = run_until_exit("--listen", f"127.0.0.1:{port}", "--data", str(tmp_path / "other"))
    assert status == 1
    assert f"port {port} is taken" in said and "--listen" in said


def test_data_that_cannot_be_used_is_explained(phlox_server, tmp_path):
    status, said = run_until_exit("--listen", "127.0.0.1:0", "--data", str(phlox_server.data))
    assert status == 1 and "in use by another phlox server" in said
    (tmp_path / "file").write_text("x")
    status, said = run_until_exit("--listen", "127.0.0.1:0", "--data", str(tmp_path / "file"))
    assert status == 1 and "cannot be made" in said and "--data" in said
    newer = tmp_path / "newer"
    newer.mkdir()
    (newer / "FORMAT").write_text("phlox data format 99\n")
    status, said = run_until_exit("--listen", "127.0.0.1:0", "--data", str(newer))
    assert status == 1 and "format 99" in said and "update phlox" in said


def test_other_machines_are_let_in_only_when_asked(tmp_path):
    status, said = run_until_exit("--listen", "0.0.0.0:0", "--data", str(tmp_path / "data"))
    assert status == 1 and "--open" in said


@pytest.mark.parametrize("options", [[], ["--sync"]])
def test_a_server_serves_while_it_writes(start_server, options):
    server = start_server(*options)
    start = window()
    deadline = time.monotonic() + 2
    pushed = 0
    while time.monotonic() < deadline and pushed < 100:
        assert server.push(pprof.encode("main 1", start * 10**9)).status == 200
        pushed += 1
        assert query(server, start)["side"]["total"] == pushed
