"""Operators on the whole call tree, named in the URL."""

import pprof
import pytest
from test_server_queries import stacks_of, window

SHOP = "main;a;lib;json;x 8\nmain;a;b 5\nmain;b;a;c 3\nmain 1"


def span(start, seconds=10):
    return {"from": start * 1000, "until": (start + seconds) * 1000}


def ask(server, path, start, **parameters):
    answer = server.get(f"/api/v1/{path}", **span(start), **parameters)
    assert answer.status == 200, answer.body
    return answer.json


@pytest.fixture
def start(phlox_server):
    start = window()
    assert phlox_server.push(pprof.encode(SHOP, start * 10**9)).status == 200
    return start


def test_a_profile_goes_through_its_operators_in_order(phlox_server, start):
    lib = '{name=~"lib|json"}'
    profile = ask(phlox_server, "profile", start, hide=lib, focus="main;a", search="X")
    assert stacks_of(profile) == {"main;a;x": 8, "main;a;b": 5}
    assert profile["side"]["total"] == 17 and profile["tree"]["total"][0] == 13
    found = profile["search"]
    assert [profile["functions"]["name"][i] for i in found.pop("function")] == ["x"]
    assert found == {"functions_left_out": 0, "nodes": 1, "self": 8, "total": 8}
    assert ask(phlox_server, "profile", start)["search"] is None


def test_a_search_finds_the_same_without_operators(phlox_server, start):
    """Then it looks where the stacks lie; an operator that changes nothing has the tree built."""
    for text, names, nodes, own, total in (("x", ["x"], 1, 8, 8), ("lib", ["lib"], 1, 0, 8), ('{name=~"a|main"}', ["a", "main"], 3, 1, 17),
                                           ("nobody", [], 0, 0, 0)):
        for operators in ({}, {"hide": "nobody"}):
            answer = ask(phlox_server, "profile", start, search=text, max_rows=10, **operators)
            found = answer["search"]
            assert sorted(answer["functions"]["name"][i] for i in found.pop("function")) == sorted(names), text
            assert found == {"functions_left_out": 0, "nodes": nodes, "self": own, "total": total}, (text, operators)
    one = ask(phlox_server, "profile", start, search='{name=~"a|main"}', max_rows=1)
    assert len(one["search"]["function"]) == 1 and one["search"]["functions_left_out"] == 1 and one["search"]["total"] == 17


def test_what_is_cut_off_is_opened_by_focus(phlox_server, start):
    cut = ask(phlox_server, "profile", start, max_nodes=3)
    assert cut["tree"]["hidden_count"] == [0, 3, 4] and cut["tree"]["hidden_total"] == [0, 3, 13]
    opened = ask(phlox_server, "profile", start, max_nodes=6, focus="main;a")
    assert stacks_of(opened) == {"main;a;lib;json;x": 8} and opened["tree"]["hidden_total"][2] == 5


def test_a_sandwich_shows_callers_and_callees(phlox_server, start):
    answer = ask(phlox_server, "sandwich", start, function="a")
    halves = {half: stacks_of({**answer, "tree": answer[half]}) for half in ("callers", "callees")}
    assert halves["callers"] == {"a;main": 13, "a;b;main": 3}
    assert halves["callees"] == {"a;lib;json;x": 8, "a;b": 5, "a;c": 3}


def test_a_what_if_is_exact_for_profile_and_timeline(phlox_server):
    start = window()
    for i in range(2):
        body = pprof.encode(f"foo {75000 + i}\nbar 25000", (start + 10 * i) * 10**9)
        assert phlox_server.push(body, pod=str(i)).status == 200
    profile = ask(phlox_server, "profile", start, scale="8000/75000*foo")
    assert stacks_of(profile) == {"foo": 8000, "bar": 25000}
    for wanted, values in (({"contains": "foo"}, [75000, 75001]), ({"scale": "0.5*foo"}, [62500, 62501])):
        timeline = phlox_server.get("/api/v1/timeline", step=10, **span(start, 20), **wanted).json
        assert timeline["series"][0]["values"] == values
        assert timeline["series"][0]["covered_ns"] == [10**10, 10**10]
    grouped = phlox_server.get("/api/v1/timeline", step=10, group_by="pod", contains="foo", **span(start, 20)).json
    assert [series["values"] for series in grouped["series"]] == [[0, 75001], [75000, 0]]


def test_both_sides_of_a_comparison_go_through_the_same_operators(phlox_server):
    before, after = window() - 600, window()
    assert phlox_server.push(pprof.encode("main;lib;foo 75\nmain;bar 25", before * 10**9)).status == 200
    assert phlox_server.push(pprof.encode("main;foo 8\nmain;bar 25", after * 10**9)).status == 200
    sides = {}
    for name, start in (("baseline", before), ("comparison", after)):
        sides |= {f"{name}_from": start * 1000, f"{name}_until": (start + 10) * 1000}
    diff = phlox_server.get("/api/v1/diff", hide="lib", contains="foo", search="foo", **sides).json
    assert [diff["tree"]["total"][side][0] for side in (0, 1)] == [75, 8]
    assert diff["search"]["total"] == [75, 8] and diff["search"]["nodes"] == 1


def test_a_comparison_treats_joined_functions_as_one(phlox_server):
    start = window()
    for version, folded in (("1", "main;old;x 8000\nmain;y 2000"), ("2", "main;new;x 4000\nmain;y 2000")):
        assert phlox_server.push(pprof.encode(folded, start * 10**9), version=version).status == 200
    sides = {f"{side}_{name}": value
             for side, version in (("baseline", "1"), ("comparison", "2"))
             for name, value in {"selector": f'{{version="{version}"}}', **span(start)}.items()}
    answer = phlox_server.get("/api/v1/diff", **sides, join="old;new").json
    names = answer["functions"]["name"]
    rows = {names[at]: pair for at, *pair in zip(answer["table"]["function"], *answer["table"]["total"])}
    assert rows == {"main": [10000, 6000], "new": [8000, 4000], "x": [8000, 4000], "y": [2000, 2000]}
    assert "old" not in names and len(answer["tree"]["function"]) == 5


@pytest.mark.parametrize("parameters", [{"hide": ""}, {"contains": '{colour="red"}'}, {"scale": "-1*foo"}, {"invert": "yes"}, {"join": "foo"}])
def test_an_operator_without_meaning_is_refused(phlox_server, start, parameters):
    answer = phlox_server.get("/api/v1/profile", **span(start), **parameters)
    assert answer.status == 400 and next(iter(parameters)) in answer.json["message"]
