"""The subcommands that end by themselves: record, push, query, diff, and how wrong usage is answered."""

import gzip
import json
import os
import shutil
import signal
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

import pytest

from programs import BURNER, NOBODY, PHLOX, PushServer, Running, ThreadedServer, cpu_seconds, python, run, wait_until

RANGE = {"from_ms": 1769860800000, "until_ms": 1769861400000, "level_s": 10}
SIDE = {"range": RANGE, "total": 6 * 10**11, "covered_ns": str(6 * 10**11), "profiles": 60}
HALF = {"range": RANGE, "total": 3 * 10**11, "covered_ns": str(6 * 10**11), "profiles": 60}
FUNCTIONS = {"name": ["foo"], "file": ["app.py"], "line": [3], "module": ["app"], "kind": ["python"]}
ANSWERS = {
    "/api/v1/services": {"range": RANGE, "services": [{"name": "shop", **{k: SIDE[k] for k in SIDE if k != "range"}}]},
    "/api/v1/timeline": {"range": RANGE, "step_ms": 10000, "first_ms": RANGE["from_ms"], "unit": "nanoseconds", "series_left_out": 0, "series": [
        {"labels": {}, "total": 5, "values": [5 * 10**9, 0], "covered_ns": [10**10, 0]}]},
    "/api/v1/profile": {"type": "t", "unit": "nanoseconds", "side": SIDE, "functions": FUNCTIONS, "tree": {},
                        "table": {"function": [0], "self": [1], "total": [6 * 10**11]}, "table_left_out": 0},
    "/api/v1/diff": {"type": "t", "unit": "nanoseconds", "baseline": SIDE, "comparison": HALF, "functions": FUNCTIONS,
                     "tree": {}, "table": {"function": [0], "self": [[1], [1]], "total": [[6 * 10**11], [3 * 10**11]]},
                     "table_left_out": 0, "headline": {"changed": 0, "unchanged": -1, "sentence": "Total CPU fell by 50 %."}},
}


class AnsweringServer(ThreadedServer):
    """Answers questions with ANSWERS and keeps them."""

    def __init__(self):
        self.questions = []
        questions = self.questions

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                url = urlsplit(self.path)
                questions.append((url.path, {key: values[0] for key, values in parse_qs(url.query).items()}))
                wrong = "nothing" in questions[-1][1].get("selector", "")
                body = json.dumps({"code": "invalid_argument", "message": "no such thing"} if wrong else ANSWERS[url.path])
                self.send_response(400 if wrong else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

        super().__init__(Handler)


def ask(server, *words):
    return run([PHLOX, *words], env={**os.environ, "PHLOX_SERVER": server.url})


@pytest.mark.parametrize("words", [
    [], ["no-such-command"], ["query"], ["query", "no-such-question"], ["query", "top", "--no-such-option"],
    ["query", "top", "--from", "-10x"], ["query", "top", "--type", "cpu"], ["diff", "{}@-10m"], ["diff", "{}", "{}@-5m"],
    ["record"], ["record", "--pid", "0"], ["record", "--pid", "1", "--duration", "10"], ["push", "file"],
    ["attach", "--pid", "1", "--label", "worker=1"]])
def test_wrong_usage_exits_2_and_says_why(words):
    result = run([PHLOX, *words])
    assert result.returncode == 2
    assert result.stderr.startswith("phlox: error: ")
    assert result.stdout == ""


def test_query_top_asks_for_the_selection_and_prints_a_table():
    with AnsweringServer() as server:
        result = ask(server, "query", "top", "--service", "shop", "--label", "version=1", "--from", "-10m", "--until",
                     "-5m", "--limit", "7", "--cost", "1000")
        assert result.returncode == 0, result.stderr
        path, question = server.questions[0]
    assert path == "/api/v1/profile"
    assert question["selector"] == '{service_name="shop",version="1"}'
    assert (question["from"], question["until"], question["max_rows"]) == ("now-600s", "now-300s", "7")
    assert "1.000 cores in 60 profiles" in result.stdout
    assert result.stdout.splitlines()[-1].split() == "0.000 0.0 % 1.000 100.0 % $1,000 foo app.py:3".split()


def test_query_json_is_the_answer_as_it_is():
    with AnsweringServer() as server:
        for question in ("top", "services", "timeline"):
            result = ask(server, "query", question, "--format", "json")
            assert json.loads(result.stdout) in ANSWERS.values()


def test_query_services_and_timeline():
    with AnsweringServer() as server:
        assert "shop" in ask(server, "query", "services").stdout
        timeline = ask(server, "query", "timeline", "--step", "10s").stdout.splitlines()
    assert [line.split()[-1] for line in timeline] == ["cores", "0.500", "-"]


def test_diff_prints_sentence_money_and_table():
    with AnsweringServer() as server:
        result = ask(server, "diff", '{service_name="shop",version="1"}@-20m..-10m', '{version="2"}@-10m', "--cost", "100000")
        path, question = server.questions[0]
    assert path == "/api/v1/diff"
    assert question["baseline_selector"] == '{service_name="shop",version="1"}'
    assert (question["baseline_from"], question["baseline_until"]) == ("now-1200s", "now-600s")
    assert (question["comparison_from"], question["comparison_until"]) == ("now-600s", "now")
    assert result.stdout.startswith("Total CPU fell by 50 %.\n")
    assert "$100,000 → $50,000" in result.stdout


def test_a_refusal_shows_the_servers_message():
    with AnsweringServer() as server:
        result = ask(server, "query", "top", "--service", "nothing")
    assert result.returncode == 1
    assert "no such thing" in result.stderr


def test_without_a_server_questions_say_what_to_do():
    result = run([PHLOX, "query", "services", "--server", NOBODY])
    assert result.returncode == 1
    assert f"cannot reach {NOBODY}: connection refused; is `phlox server` running?" in result.stderr


def test_push_sends_each_file_and_reports_each_error(tmp_path):
    good = tmp_path / "good.folded"
    good.write_text("main;foo 75\nmain;bar 25\n")
    bad = tmp_path / "bad.folded"
    bad.write_text("main;foo\n")
    full = tmp_path / "full.austin"
    full.write_text("# austin: 3.7.0\n# mode: full\n")
    perf = tmp_path / "perf.txt"
    perf.write_text("python3 1 2.345:  10 cpu-clock:\n\tfoo (/bin/x)\n")
    with PushServer() as server:
        result = run([PHLOX, "push", "--server", server.url, "--service", "shop", str(bad), str(good), str(full), str(perf),
                      str(tmp_path / "none")])
        assert len(server.bodies) == 1
        assert b"shop" in server.bodies[0] and b"process_cpu" in server.bodies[0]
    assert result.returncode == 1
    assert f"{good}: folded stacks, 2 samples of process_cpu sent" in result.stdout
    assert f"phlox: error: {bad}: folded stacks, line 1: no value" in result.stderr
    assert f"phlox: error: {full}: austin, line 2: mode 'full' is not taken" in result.stderr
    assert f"phlox: error: {perf}: perf script, line 2: frame 'foo (/bin/x)' is not" in result.stderr
    assert f"phlox: error: {tmp_path / 'none'}: open: No such file" in result.stderr


def test_record_writes_folded_stacks_and_a_summary():
    with Running(python(BURNER)) as program:
        pid = program.output.line_with("ready").split()[1]
        samples = run([PHLOX, "record", "--pid", pid, "--duration", "1s"])
        nanoseconds = run([PHLOX, "record", "--pid", pid, "--duration", "1s", "--unit", "nanoseconds"])
    for result, least in ((samples, 20), (nanoseconds, 2 * 10**8)):
        assert result.returncode == 0, result.stderr
        burning = sum(int(line.rsplit(" ", 1)[1]) for line in result.stdout.splitlines() if ";burn (" in line)
        assert burning > least
        assert "samples" in result.stderr and "unproved" in result.stderr
    assert samples.stdout.startswith("<module> (<string>:")


def test_a_recorded_pprof_can_be_pushed(tmp_path):
    file = tmp_path / "out.pb.gz"
    with Running(python(BURNER)) as program:
        pid = program.output.line_with("ready").split()[1]
        command = [PHLOX, "record", "--pid", pid, "--duration", "1s", "--format", "pprof", "--output", str(file)]
        assert run(command).returncode == 0
    assert b"burn" in gzip.decompress(file.read_bytes())
    with PushServer() as server:
        result = run([PHLOX, "push", "--server", server.url, "--service", "shop", str(file)])
        assert result.returncode == 0, result.stderr
        assert len(server.bodies) == 1


def begun_recording(pid):
    record = Running([PHLOX, "record", "--pid", pid, "--duration", "1h", "--output", "/dev/null"])
    # It opens its output when it has begun.
    wait_until(lambda: "/dev/null" in links_in(f"/proc/{record.process.pid}/fd"), "record does not begin")
    return record


def links_in(folder):
    links = []
    for name in os.listdir(folder):
        try:
            links.append(os.readlink(f"{folder}/{name}"))
        except FileNotFoundError:
            pass  # closed meanwhile
    return links


def test_record_ends_early_with_its_target_or_by_control_c():
    with Running(python(BURNER)) as program:
        pid = program.output.line_with("ready").split()[1]
        with begun_recording(pid) as record:
            record.process.send_signal(signal.SIGINT)
            assert record.wait() == 0
            assert b"ended early" not in record.process.stderr.read()
        with begun_recording(pid) as record:
            program.process.kill()
            assert record.wait() == 0
            assert b"ended early" in record.process.stderr.read()


def test_record_and_attach_say_why_they_cannot():
    for command in ("record", "attach"):
        result = run([PHLOX, command, "--pid", "99999999"])
        assert result.returncode == 1
        assert "no process with pid 99999999" in result.stderr
        with Running(["sleep", "60"]) as program:
            result = run([PHLOX, command, "--pid", str(program.process.pid)])
            assert result.returncode == 1
            assert "phlox: error: " in result.stderr


def test_attach_ends_with_its_target():
    with PushServer() as server, Running(python(BURNER)) as program:
        pid = program.output.line_with("ready").split()[1]
        with Running([PHLOX, "attach", "--pid", pid, "--server", server.url]) as attach:
            errors = attach.process.stderr
            while b"until it ends" not in (line := errors.readline()):
                assert line, "attach ended"
            seen = cpu_seconds(pid)
            wait_until(lambda: cpu_seconds(pid) > seen + 0.5, "the program does not burn")
            program.process.send_signal(signal.SIGTERM)
            # Its starter must take its exit status, else it stays a zombie.
            assert program.wait() == 3
            assert attach.wait() == 0
        assert any(b"process_cpu" in body for body in server.bodies)


def test_server_is_the_file_beside_phlox(tmp_path):
    copy = tmp_path / "phlox"
    shutil.copy(PHLOX, copy)
    result = run([str(copy), "server", "--help"])
    assert result.returncode == 1
    assert f"there is no {tmp_path}/phlox-server" in result.stderr
    server = tmp_path / "phlox-server"
    server.write_text('#!/bin/sh\necho "$@"; exit 42\n')
    server.chmod(0o755)
    result = run([str(copy), "server", "--listen", "127.0.0.1:0", "--", "x"])
    assert (result.returncode, result.stdout) == (42, "--listen 127.0.0.1:0 -- x\n")
