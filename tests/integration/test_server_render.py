"""The flat addresses of Pyroscope's scripts, old and new, against the built server."""

import pprof
from test_server_queries import CPU, window


def test_render_answers_both_addresses_and_query_languages(phlox_server):
    start = window()
    for second, region in ((0, "eu"), (10, "us")):
        body = pprof.encode("main;foo 75\nmain;bar 25", (start + second) * 10**9)
        assert phlox_server.push(body, service_name="shop", region=region).status == 200
    span = {"from": start, "until": start + 20}
    for path, query in [("/pyroscope/render", CPU + '{service_name="shop"}'), ("/render", "shop.cpu"), ("/render", 'shop.cpu{region=~".*"}')]:
        found = phlox_server.get(path, query=query, **span).json
        assert found["flamebearer"]["numTicks"] == 200
        assert found["flamebearer"]["names"] == ["total", "main", "bar", "foo"]
        assert found["flamebearer"]["levels"][2] == [0, 50, 50, 2, 0, 150, 150, 3]
        assert found["metadata"] == {"format": "single", "spyName": "", "sampleRate": 10**9, "units": "samples", "name": "cpu"}
        assert found["timeline"] == {"startTime": start, "samples": [100, 100], "durationDelta": 10, "watermarks": None}
    grouped = phlox_server.get("/pyroscope/render", query="shop.cpu", groupBy="region", aggregation="avg", **span).json["groups"]
    assert {name: group["samples"] for name, group in grouped.items()} == {"eu": [100, 0], "us": [0, 100]}
    cut = phlox_server.get("/render", query="shop.cpu", **{"max-nodes": 3}, **span).json["flamebearer"]
    assert "other" in cut["names"] and "bar" not in cut["names"]
    assert phlox_server.get("/render", query="shop.cpu", format="dot", **span).body.startswith(b"digraph")


def test_render_diff_has_both_sides(phlox_server):
    start = window()
    for second, folded in ((0, "main;foo 75\nmain;bar 25"), (60, "main;foo 5\nmain;bar 25")):
        assert phlox_server.push(pprof.encode(folded, (start + second) * 10**9), service_name="shop").status == 200
    found = phlox_server.get("/pyroscope/render-diff", leftQuery="shop.cpu", leftFrom=start, leftUntil=start + 10,
                             rightQuery="shop.cpu", rightFrom=start + 60, rightUntil=start + 70).json
    assert (found["leftTicks"], found["rightTicks"], found["metadata"]["format"]) == (100, 30, "double")
    assert found["flamebearer"]["levels"][2] == [0, 25, 25, 0, 25, 25, 2, 0, 75, 75, 0, 5, 5, 3]


def test_labels_and_their_values(phlox_server):
    start = window()
    assert phlox_server.push(pprof.encode("main 1", start * 10**9), service_name="shop", region="eu").status == 200
    for prefix in ("/pyroscope", ""):
        assert phlox_server.get(prefix + "/labels").json == ["region", "service_name"]
        assert phlox_server.get(prefix + "/label-values", label="region").json == ["eu"]
        assert phlox_server.get(prefix + "/label-values", label="__name__").json == [CPU]
        assert phlox_server.get(prefix + "/label-values", label="region", query="other.cpu").json == []


def test_what_cannot_be_rendered_is_400_with_a_reason(phlox_server):
    for path, word in [
        ("/render", "begins with a profile type"),
        ("/render?query=shop.cpu%7B", "query"),
        ("/render?query=shop.cpu&format=png", "expected json or dot"),
        ("/render?query=shop.cpu&aggregation=max", "expected sum or avg"),
        ("/render?query=shop.cpu&max-nodes=x", "max-nodes"),
        ("/render-diff?leftQuery=shop.cpu", "rightQuery"),
        ("/render-diff?leftQuery=shop.cpu&rightQuery=shop.wall", "left is of type"),
        ("/label-values", "label"),
    ]:
        answer = phlox_server.get(path)
        assert answer.status == 400 and word in answer.json["message"], answer.body
