"""POST /ingest as classic clients send it, and pushes that must be refused."""

import gzip
import socket
import time
import urllib.parse

import pprof
import pytest
from test_server_queries import query, stacks_of, window


def ingest(server, body, headers=None, **parameters):
    return server.request("POST", "/ingest?" + urllib.parse.urlencode(parameters), body, **(headers or {}))


def multipart(body):
    head = b'--XX\r\nContent-Disposition: form-data; name="profile"; filename="profile.pprof"\r\n\r\n'
    return head + body + b"\r\n--XX--\r\n"


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
    assert ingest(phlox_server, b"", name="app", format="jfr").status == 422


def refused(server, answer, word, status=400):
    assert answer.status == status, answer.body
    assert word in answer.json["message"], answer.body
    assert server.get("/ready").status == 200


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
