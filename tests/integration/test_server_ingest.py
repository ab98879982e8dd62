"""POST /ingest as classic clients send it, and pushes that must be refused."""

import gzip
import json
import socket
import time
import urllib.parse

import pprof
import pytest
from test_server_queries import query, stacks_of, window


def ingest(server, body, headers=None, **parameters):
    return server.request("POST", "/ingest?" + urllib.parse.urlencode(parameters), body, **(headers or {}))


def part(name, body):
    return f'--XX\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n\r\n'.encode() + body + b"\r\n"


def multipart(profile, sample_type_config=None):
    config = part("sample_type_config", sample_type_config) if sample_type_config else b""
    return part("profile", profile) + config + b"--XX--\r\n"


@pytest.mark.parametrize("framing", ["raw", "gzip inside", "gzip outside", "multipart"])
def test_a_pprof_arrives_in_all_framings(phlox_server, framing):
    start = window()
    body = pprof.encode("main;foo 75", start * 10**9)
    options = {"name": "shop{region=eu}", "format": "pprof"}
    headers = {"Content_Type": "binary/octet-stream"}
    if framing == "gzip inside":
        body = gzip.compress(body)
    elif framing == "gzip outside":
        body, headers["Content_Encoding"] = gzip.compress(body), "gzip"
    elif framing == "multipart":
        body, headers = multipart(gzip.compress(body)), {"Content_Type": "multipart/form-data; boundary=XX"}
        del options["format"]
    answer = ingest(phlox_server, body, headers, **options)
    assert (answer.status, answer.body) == (200, b"")
    found = query(phlox_server, start, selector='{service_name="shop",region="eu"}')
    assert stacks_of(found) == {"main;foo": 75}


def test_folded_counts_become_nanoseconds(phlox_server):
    start = window()
    options = {"from": start, "until": start + 10, "sampleRate": 100}
    assert ingest(phlox_server, b"main;foo 3\n", name="web.cpu", **options).status == 200
    found = query(phlox_server, start, selector='{service_name="web"}')
    assert stacks_of(found) == {"main;foo": 30_000_000}
    assert found["side"]["covered_ns"] == 10**10


def node(name, value, children):
    return pprof.varint(len(name)) + name + pprof.varint(value) + pprof.varint(children)


SPEEDSCOPE = json.dumps({
    "shared": {"frames": [{"name": "main"}, {"name": "foo"}, {"name": "bar"}]},
    "profiles": [
        {"type": "sampled", "unit": "seconds", "samples": [[0, 1]], "weights": [0.03]},
        {"type": "sampled", "unit": "none", "samples": [[0, 2]], "weights": [2]},
    ],
}).encode()
BODIES = {
    "groups": b"main;foo 3\nmain;bar 2\n",
    "lines": b"main;foo\nmain;foo\nmain;bar\nmain;foo\nmain;bar\n",
    "tree": node(b"", 0, 1) + node(b"main", 0, 2) + node(b"foo", 3, 0) + node(b"bar", 2, 0),
    "trie": node(b"", 0, 1) + node(b"main;", 0, 2) + node(b"foo", 3, 0) + node(b"bar", 2, 0),
    "speedscope": SPEEDSCOPE,
}


@pytest.mark.parametrize("format", BODIES)
@pytest.mark.parametrize("digits", [1, 10**3, 10**6, 10**9])
def test_every_format_of_classic_agents_is_taken(phlox_server, format, digits):
    start = window()
    options = {"from": start * digits, "until": (start + 10) * digits, "sampleRate": 100, "units": "samples",
               "aggregationType": "sum", "spyName": "rbspy", "format": format}
    assert ingest(phlox_server, BODIES[format], name="web.cpu{region=eu}", **options).status == 200
    found = query(phlox_server, start, selector='{service_name="web",region="eu",pyroscope_spy="rbspy"}')
    assert stacks_of(found) == {"main;foo": 30_000_000, "main;bar": 20_000_000}


def test_a_form_says_how_its_sample_types_are_called(phlox_server):
    start = window()
    locks = (("contentions", "count"), ("delay", "nanoseconds"))
    for name in ("mutex", "block"):
        config = json.dumps({"contentions": {"display-name": name + "_count"}, "delay": {"display-name": name + "_duration"}})
        body = multipart(pprof.encode(f"{name} 7", start * 10**9, sample_types=locks), config.encode())
        headers = {"Content_Type": "multipart/form-data; boundary=XX"}
        assert ingest(phlox_server, body, headers, name="app", spyName="gospy").status == 200
    for name in ("mutex", "block"):
        found = query(phlox_server, start, type=f"{name}:delay:nanoseconds:cpu:nanoseconds")
        assert stacks_of(found) == {name: 7}


def test_metadata_is_400_and_a_body_without_meaning_422(phlox_server):
    good = b"main;foo 1"
    assert ingest(phlox_server, good).status == 400
    assert ingest(phlox_server, good, name="my app").status == 400
    assert ingest(phlox_server, good, name="my.app").json["message"] == "unknown profile type: app"
    assert ingest(phlox_server, good, name="app{a-b=1}").status == 400
    assert ingest(phlox_server, b"main;foo x", name="app").status == 422
    no_count = ingest(phlox_server, b"main;foo 3\nno-count\n", name="app")
    assert no_count.status == 422 and "line 2: no value after the stack" in no_count.json["message"]
    assert ingest(phlox_server, b"junk", name="app", format="pprof").status == 422
    refused(phlox_server, ingest(phlox_server, b"", name="app", format="jfr"), "jfr is not taken", 422)
    form = {"Content_Type": "multipart/form-data; boundary=XX"}
    jfr = part("jfr", b"FLR") + b"--XX--\r\n"
    refused(phlox_server, ingest(phlox_server, jfr, form, name="app"), "jfr is not taken", 422)
    old = part("prev_profile", b"x") + multipart(b"x")
    refused(phlox_server, ingest(phlox_server, old, form, name="app"), "update the client", 422)
    for format, body, place in [
        ("groups", b"main 1\n" + b"x" * (70 << 10) + b" 1\nbad", "line 3: no value"),
        ("groups", b"main;foo -3", "line 1: value -3 is negative"),
        ("groups", b"main 1\n\xff 1", "line 2: not UTF-8"),
        ("tree", BODIES["tree"][:-1], "node 3: cut off"),
        ("trie", BODIES["trie"] + b"x", "1 bytes follow the last node"),
        ("speedscope", SPEEDSCOPE.replace(b"0.03", b"-1"), "profile 0: sample 0: weight -1 is negative"),
    ]:
        refused(phlox_server, ingest(phlox_server, body, name="app", format=format), place, 422)


def refused(server, answer, word, status=400):
    assert answer.status == status, answer.body
    assert word in answer.json["message"], answer.body
    assert server.get("/ready").status == 200
    assert server.get("/healthz").status == 200


def test_what_is_malformed_is_refused_with_a_reason(phlox_server):
    now = window() * 10**9
    good = pprof.encode("main;foo 1", now)
    packed = gzip.compress(good)
    refused(phlox_server, phlox_server.push(b"junk"), "pprof")
    refused(phlox_server, phlox_server.push(b""), "pprof: empty")
    refused(phlox_server, phlox_server.push(good[:-3]), "pprof")
    refused(phlox_server, phlox_server.push(packed[:-9]), "gzip")
    refused(phlox_server, phlox_server.push(gzip.compress(b"\0" * (70 << 20))), "unpacks to more")
    refused(phlox_server, phlox_server.push(pprof.encode("main -1", now)), "negative")
    refused(phlox_server, phlox_server.push(pprof.encode(f"main {2**53 + 1}", now)), "over 2^53")
    refused(phlox_server, phlox_server.push(good, **{"__name__": ""}), "__name__")
    refused(phlox_server, phlox_server.push(good, pod="x" * 3000), "label 'pod'")
    future = int(time.time() + 3600) * 10**9
    refused(phlox_server, phlox_server.push(pprof.encode("main 1", future)), "in the future")
    bad = phlox_server.request("POST", "/push.v1.PusherService/Push", b"{", Content_Type="application/json")
    refused(phlox_server, bad, "not a push.v1.PushRequest in JSON")
    bad = phlox_server.request("POST", "/push.v1.PusherService/Push", b"\xff", Content_Type="application/proto")
    refused(phlox_server, bad, "in protobuf")
    label = pprof.message(1, pprof.message(1, pprof.message(1, b"\xff")))
    bad = phlox_server.request("POST", "/push.v1.PusherService/Push", label, Content_Type="application/proto")
    refused(phlox_server, bad, "'types.v1.LabelPair.name' contains invalid UTF-8")
    bad = phlox_server.request("POST", "/push.v1.PusherService/Push", b'{"a":"\xff"}', Content_Type="application/json")
    refused(phlox_server, bad, "not UTF-8 at byte 6")
    assert "libprotobuf" not in phlox_server.log.read_text()
    bad = phlox_server.request("POST", "/push.v1.PusherService/Push", b"{}", Content_Type="text/plain")
    refused(phlox_server, bad, "Content-Type", 415)
    bad = phlox_server.request(
        "POST", "/push.v1.PusherService/Push", packed[:20], Content_Type="application/proto", Content_Encoding="gzip"
    )
    refused(phlox_server, bad, "gzip")
    bomb = gzip.compress(b"\0" * (70 << 20))
    bad = phlox_server.request(
        "POST", "/push.v1.PusherService/Push", bomb, Content_Type="application/proto", Content_Encoding="gzip"
    )
    refused(phlox_server, bad, "unpacks to more", 413)
    bad = phlox_server.request(
        "POST", "/push.v1.PusherService/Push", b"\0" * (33 << 20), Content_Type="application/proto"
    )
    refused(phlox_server, bad, "larger than", 413)
    for path in ["/api/v1/profile?from=yesterday", "/api/v1/profile?selector={a=1}", "/api/v1/timeline?step=x"]:
        refused(phlox_server, phlox_server.get(path), "expected")
    assert phlox_server.metric("phlox_profiles_ingested_total") == 0


def test_a_pprof_without_a_time_is_stamped_on_arrival(phlox_server):
    before = int(time.time()) // 10 * 10
    assert phlox_server.push(pprof.encode("main;foo 75", 0, duration_ns=0), service_name="").status == 200
    found = query(phlox_server, before, 60, selector='{service_name="unknown_service"}')
    assert stacks_of(found) == {"main;foo": 75}
    assert found["side"]["covered_ns"] == 0
    assert phlox_server.metric("phlox_profiles_unknown_service_total") == 1


def test_foreign_hosts_and_origins_are_kept_out(start_server):
    server = start_server()
    own = server.url.removeprefix("http://")
    assert server.request("GET", "/ready", Host="evil.example").status == 403
    assert server.request("GET", "/ready", Host="localhost:1").status == 200
    assert server.request("GET", "/ready", Origin="http://evil.example").status == 403
    assert server.request("GET", "/ready", Origin="http://" + own).status == 200
    opened = start_server("--open")
    assert opened.request("GET", "/ready", Host="phlox.example").status == 200
    foreign = opened.request("GET", "/ready", Host="phlox.example", Origin="http://evil.example")
    assert foreign.status == 403


def test_what_is_not_http_ends_the_connection_only(phlox_server):
    host, port = phlox_server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"hello\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000 + b"\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 431")
    assert phlox_server.get("/ready").status == 200


def test_a_gauge_is_compared_by_its_mean(phlox_server):
    """Live heap: 300 bytes in each of three profiles are 300 bytes, not 900."""
    start = window() // 20 * 20  # a multiple of the step asked for below
    for second, value in ((0, 300), (10, 300), (20, 300), (30, 100)):
        body = pprof.encode(f"main;foo {value}", (start + second) * 10**9, sample_types=(("inuse_space", "bytes"),))
        assert phlox_server.push(body, __name__="memory").status == 200
    parameters = {"type": "memory:inuse_space:bytes:cpu:nanoseconds"}
    found = query(phlox_server, start, 30, **parameters)
    assert (found["side"]["total"], found["side"]["profiles"]) == (300, 3)
    points = phlox_server.get("/api/v1/timeline", **parameters, **{"from": start * 1000, "until": (start + 40) * 1000}, step=20).json
    assert (points["series"][0]["values"], points["series"][0]["total"]) == ([300, 200], 250)
    difference = phlox_server.get("/api/v1/diff", **parameters, baseline_from=start * 1000, baseline_until=(start + 30) * 1000,
                                  comparison_from=(start + 30) * 1000, comparison_until=(start + 40) * 1000).json
    assert "fell by 67 %, from 300" in difference["headline"]["sentence"], difference["headline"]
