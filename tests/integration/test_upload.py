"""POST /api/v1/upload and `phlox push`: files of all formats, told apart by content."""

import gzip
import json
import time
import urllib.parse

import pytest

import pprof

NAME = "shop{version=1}"
COLLAPSED = "tid:1;app.py:<module>:9;app.py:foo:3 75\ntid:2;app.py:<module>:9;app.py:bar:4 25\n"
FIREFOX = json.dumps({
    "meta": {"interval": 10, "startTime": 12.5, "preprocessedProfileVersion": 57},
    "threads": [{
        "samples": {"stack": [1] * 75 + [None] * 3 + [2] * 25, "weight": None, "weightType": "samples"},
        "stackTable": {"frame": [0, 1, 2], "prefix": [None, 0, 0]},
        "frameTable": {"func": [0, 1, 2], "line": [9, 3, 4]},
        "funcTable": {"name": [0, 1, 2], "fileName": [3, 3, 3]}}],
    "shared": {"stringArray": ["<module>", "foo", "bar", "app.py"]}})
SPEEDSCOPE = json.dumps({
    "shared": {"frames": [{"name": "<module>", "file": "app.py", "line": 9}, {"name": "foo", "file": "app.py", "line": 3},
                          {"name": "bar", "file": "app.py", "line": 4}]},
    "profiles": [{"type": "sampled", "unit": "none", "startValue": 0, "endValue": 100, "samples": [[0, 1], [0, 2]],
                  "weights": [75, 25]}]})
FOLDED = "<module> (app.py:9);foo (app.py:3) 75\n<module> (app.py:9);bar (app.py:4) 25\n"
FILES = {"collapsed stacks of CPython": COLLAPSED, "Firefox profile": FIREFOX, "speedscope": SPEEDSCOPE, "folded stacks": FOLDED}


def upload(server, body, **parameters):
    body = body.encode() if isinstance(body, str) else body
    return server.request("POST", "/api/v1/upload?" + urllib.parse.urlencode({"name": NAME, **parameters}), body)


def stacks(server, answer):
    """The folded stacks of what an answer of upload names."""
    found = server.get("/api/v1/export", type=answer["types"][0], selector=f'{{service_name="{answer["service"]}",version="1"}}',
                       format="folded", **{"from": answer["from_ms"] // 10_000 * 10_000, "until": answer["until_ms"] + 10_000})
    assert found.status == 200, found.body
    return sorted(found.body.decode().splitlines())


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("format", FILES)
def test_each_format_is_told_by_its_content(phlox_server, format, packed):
    body = FILES[format].encode()
    taken = upload(phlox_server, gzip.compress(body) if packed else body)
    assert taken.status == 200, taken.body
    assert taken.json["format"] == format
    assert taken.json["types"] == ["process_cpu:cpu:nanoseconds:cpu:nanoseconds"]
    assert stacks(phlox_server, taken.json) == ["<module> (app.py:9);bar (app.py:4) 250000000", "<module> (app.py:9);foo (app.py:3) 750000000"]


def test_a_file_with_a_time_counts_once(phlox_server):
    start = int(time.time()) // 10 * 10 - 600
    body = pprof.encode("main;foo 75", start * 10**9)
    answers = [upload(phlox_server, body) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 200]
    assert answers[0].json == answers[1].json and answers[0].json["from_ms"] == start * 1000
    assert stacks(phlox_server, answers[0].json) == ["main (app.py:10);foo (app.py:10) 75"]


def test_what_a_file_does_not_say_is_told(phlox_server):
    until = int(time.time()) // 10 * 10 * 1000
    taken = upload(phlox_server, COLLAPSED, type="wall:wall:nanoseconds:wall:nanoseconds", rate=1000, until=until,
                   **{"from": until - 60_000})
    assert taken.status == 200, taken.body
    assert (taken.json["types"], taken.json["until_ms"] - taken.json["from_ms"]) == (["wall:wall:nanoseconds:wall:nanoseconds"], 60_000)
    assert stacks(phlox_server, taken.json) == ["<module> (app.py:9);bar (app.py:4) 25000000", "<module> (app.py:9);foo (app.py:3) 75000000"]


@pytest.mark.parametrize("body, parameters, message", [
    (b"", {}, "the file is empty"),
    (b"main;foo", {}, "folded stacks, line 1"),
    (b"<!doctype html>", {}, "this is a web page"),
    (b"main;foo 1", {"name": ""}, "'name' is missing"),
    (b"main;foo 1", {"rate": 0}, "rate='0'"),
    (b"main;foo 1", {"unit": "cows"}, "unit 'cows'"),
    (b"main;foo 1", {"type": "cpu"}, "profile type 'cpu'"),
    (b"main;foo 1", {"from": "now", "until": "now-1h"}, "from is not before until"),
])
def test_a_fault_is_named_and_nothing_is_kept(phlox_server, body, parameters, message):
    refused = upload(phlox_server, body, **parameters)
    assert refused.status == 400 and message in refused.json["message"], refused.body
    assert phlox_server.get("/api/v1/services").json["services"] == []
