"""What people keep on the server beside the profiles: annotations, prices, views."""

import json

from built_programs import program
from programs import run


def put(server, kind, **content):
    return server.request("PUT", f"/api/v1/{kind}", json.dumps(content).encode(), Content_Type="application/json")


def kept(server, kind):
    answer = server.get(f"/api/v1/{kind}")
    assert answer.status == 200, answer.body
    return answer.json[kind]


def test_annotations_are_made_by_api_and_command_and_kept(phlox_server):
    made = put(phlox_server, "annotations", text="deploy 1.4", at="2026-01-31T12:00:00Z", selector='{service_name="shop"}')
    assert made.status == 200, made.body
    assert made.json["at_ms"] == 1769860800000
    put(phlox_server, "annotations", text="deploy 1.4", at="2026-01-31T12:00:00Z", selector='{service_name="shop"}')
    done = run([program("phlox"), "annotate", "deploy 1.5", "--server", phlox_server.url, "--service", "shop",
                "--at", "2026-02-01T12:00:00Z"])
    assert done.returncode == 0, done.stderr
    phlox_server.restart()
    annotations = kept(phlox_server, "annotations")
    assert [(one["text"], one["selector"]) for one in annotations] == [
        ("deploy 1.4", '{service_name="shop"}'), ("deploy 1.5", '{service_name="shop"}')]
    gone = phlox_server.request("DELETE", f"/api/v1/annotations?id={annotations[0]['id']}")
    assert gone.status == 200
    assert [one["text"] for one in kept(phlox_server, "annotations")] == ["deploy 1.5"]
    assert phlox_server.request("DELETE", "/api/v1/annotations?id=none").status == 404


def test_a_price_is_replaced_by_the_next_one_of_its_selector(phlox_server):
    for amount, per in ((100, "month"), (0.04, "core-hour")):
        assert put(phlox_server, "prices", selector='{service_name="shop"}', amount=amount, per=per).status == 200
    assert kept(phlox_server, "prices") == [{"selector": '{service_name="shop"}', "amount": 0.04, "per": "core-hour"}]


def test_a_view_has_a_name_and_an_address(phlox_server):
    assert put(phlox_server, "views", name="shop \U0001f40d", address="?query=%7B%7D").status == 200
    assert kept(phlox_server, "views") == [{"name": "shop \U0001f40d", "address": "?query=%7B%7D"}]


def test_wrong_documents_are_refused_with_a_reason(phlox_server):
    for kind, content, reason in (
        ("annotations", {}, '"text" must be a text of 1 to 200 bytes'),
        ("annotations", {"text": "x" * 201}, '"text"'),
        ("annotations", {"text": "x", "at": "soon"}, "soon"),
        ("annotations", {"text": "x", "selector": "{a"}, "selector"),
        ("prices", {"amount": -1, "per": "year"}, '"amount" must be a number of dollars above 0'),
        ("prices", {"amount": 1, "per": "day"}, '"per" is'),
        ("views", {"name": "x", "address": "https://example.org"}, "begins with '?'"),
    ):
        answer = put(phlox_server, kind, **content)
        assert answer.status == 400, content
        assert reason in answer.json["message"], answer.body
    assert phlox_server.request("PUT", "/api/v1/views", b"[").status == 400
