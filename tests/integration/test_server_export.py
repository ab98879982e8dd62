"""GET /api/v1/export: a selection as a file."""

import gzip
import json

import pprof
from test_server_queries import window


def export(server, start, **parameters):
    answer = server.get("/api/v1/export", **{"from": start * 1000, "until": (start + 10) * 1000}, **parameters)
    assert answer.status == 200, answer.body
    return answer


def test_a_selection_is_exported_in_each_format(phlox_server):
    start = window()
    assert phlox_server.push(pprof.encode("main;foo 75\nmain;bar 25", start * 10**9)).status == 200
    folded = export(phlox_server, start, format="folded")
    assert folded.body.decode().splitlines() == ["main (app.py:10);bar (app.py:10) 25", "main (app.py:10);foo (app.py:10) 75"]
    assert folded.headers["Content-Disposition"] == 'attachment; filename="phlox.folded"'
    scope = json.loads(export(phlox_server, start, format="speedscope").body)
    assert sum(scope["profiles"][0]["weights"]) == 100
    # What was exported can be pushed: the same again.
    body = export(phlox_server, start).body
    assert gzip.decompress(body)
    assert phlox_server.push(body).status == 200
    assert export(phlox_server, start, format="folded").body.decode().endswith("foo (app.py:10) 150\n")


def test_operators_come_before_the_export(phlox_server):
    start = window()
    assert phlox_server.push(pprof.encode("main;foo 75\nmain;bar 25", start * 10**9)).status == 200
    folded = export(phlox_server, start, format="folded", hide="main", scale="8/75*foo")
    assert folded.body.decode().splitlines() == ["bar (app.py:0) 25", "foo (app.py:0) 8"]


def test_an_unknown_format_is_refused(phlox_server):
    answer = phlox_server.get("/api/v1/export", format="png")
    assert answer.status == 400 and "pprof, folded or speedscope" in answer.json["message"]
