"""What is pushed is what is answered, over HTTP, to the built server."""

import gzip
import time

import pprof

CPU = "process_cpu:cpu:nanoseconds:cpu:nanoseconds"
QUERIER = "querier.v1.QuerierService/"


def window():
    """Start of a window some minutes ago, in seconds: the middle of no bucket."""
    return int(time.time()) // 10 * 10 - 600


def stacks_of(profile):
    """{"main;foo": self} from the columns of an answer."""
    names = profile["functions"]["name"]
    tree = profile["tree"]
    path, out = [], {}
    for function, depth, value in zip(tree["function"], tree["depth"], tree["self"]):
        path[max(depth - 1, 0):] = [names[function]] if depth else []
        if int(value):
            out[";".join(path)] = int(value)
    return out


def query(server, start, seconds=10, **parameters):
    answer = server.get("/api/v1/profile", **{"from": start * 1000, "until": (start + seconds) * 1000}, **parameters)
    assert answer.status == 200, answer.body
    return answer.json


def test_pushed_stacks_are_answered_in_every_form(phlox_server):
    start = window()
    body = pprof.encode("main;foo 75\nmain;bar 25", start * 10**9)
    assert phlox_server.push(body).status == 200
    assert phlox_server.push(gzip.compress(body)).status == 200
    profile = query(phlox_server, start)
    assert stacks_of(profile) == {"main;foo": 150, "main;bar": 50}
    assert profile["side"] == {
        "range": {"from_ms": start * 1000, "until_ms": (start + 10) * 1000, "level_s": 10},
        "total": 200,
        "covered_ns": 10**10,
        "profiles": 2,
    }
    assert profile["functions"]["file"][0] == "app.py"
    assert profile["functions"]["kind"][0] == "python"
    assert profile["table"]["total"] == [200, 150, 50]

    flame = phlox_server.call(
        QUERIER + "SelectMergeStacktraces",
        profileTypeID=CPU,
        labelSelector="{}",
        start=start * 1000,
        end=(start + 10) * 1000,
    ).json["flamegraph"]
    assert flame["total"] == "200"
    assert flame["names"] == ["total", "main", "bar", "foo"]
    assert flame["levels"][2]["values"] == ["0", "50", "50", "2", "0", "150", "150", "3"]

    merged = phlox_server.call(
        QUERIER + "SelectMergeProfile",
        profileTypeID=CPU,
        labelSelector="{}",
        start=start * 1000,
        end=(start + 10) * 1000,
    ).json
    assert sum(int(sample["value"][0]) for sample in merged["sample"]) == 200


def test_sample_labels_split_a_profile_into_series(phlox_server):
    start = window()
    one = pprof.encode("main;foo 75", start * 10**9, labels={"endpoint": "/foo", "otel.scope.name": "x"})
    assert phlox_server.push(one).status == 200
    assert phlox_server.push(pprof.encode("main;bar 25", start * 10**9)).status == 200
    assert stacks_of(query(phlox_server, start, selector='{endpoint="/foo"}')) == {"main;foo": 75}
    span = {"start": start * 1000, "end": (start + 10) * 1000}
    names = phlox_server.call(QUERIER + "LabelNames", **span).json["names"]
    assert names == ["endpoint", "otel.scope.name", "service_name"]
    assert phlox_server.call(QUERIER + "LabelValues", name="endpoint", **span).json == {"names": ["/foo"]}
    types = phlox_server.call(QUERIER + "ProfileTypes", **span).json["profileTypes"]
    assert [kind["ID"] for kind in types] == [CPU]
    series = phlox_server.call(QUERIER + "Series", labelNames=["service_name", "__profile_type__"], **span).json
    assert series["labelsSet"] == [
        {"labels": [{"name": "__profile_type__", "value": CPU}, {"name": "service_name", "value": "shop"}]}
    ]


def test_label_values_come_page_by_page(phlox_server):
    start = window()
    body = pprof.encode("main 1", start * 10**9)
    for pod in ("web-1", "web-2", "Web-3", "db-1"):
        assert phlox_server.push(body, pod=pod, service_name="paged").status == 200
    span = {"from": start * 1000, "until": (start + 10) * 1000, "selector": '{service_name="paged"}', "label": "pod"}

    def ask(**parameters):
        return phlox_server.get("/api/v1/label-values", **span, **parameters).json

    assert ask() == {"values": ["Web-3", "db-1", "web-1", "web-2"], "total": 4, "next": None}
    assert ask(limit=3) == {"values": ["Web-3", "db-1", "web-1"], "total": 4, "next": "web-1"}
    assert ask(limit=3, after="web-1") == {"values": ["web-2"], "total": 4, "next": None}
    assert ask(limit=2, contains="wEb-") == {"values": ["Web-3", "web-1"], "total": 3, "next": "web-1"}
    assert ask(contains="w.b") == {"values": [], "total": 0, "next": None}
    assert ask(limit=1, after="web-2") == {"values": [], "total": 4, "next": None}
    missing = phlox_server.get("/api/v1/label-values", label="")
    assert missing.status == 400 and "label: which label?" in missing.json["message"]
    for limit in ("0", "10001", "many"):
        assert phlox_server.get("/api/v1/label-values", label="pod", limit=limit).status == 400


def test_timeline_and_services_add_up_to_the_profile(phlox_server):
    start = window()
    for i in range(6):
        body = pprof.encode(f"main {i + 1}", (start + 20 * i) * 10**9)
        assert phlox_server.push(body, version=str(i % 2)).status == 200
    span = {"from": start * 1000, "until": (start + 120) * 1000}
    timeline = phlox_server.get("/api/v1/timeline", step=10, **span).json
    assert timeline["step_ms"] == 10_000 and timeline["unit"] == "nanoseconds"
    assert timeline["series"][0]["values"] == [1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0]
    assert timeline["series"][0]["covered_ns"] == [10**10, 0] * 6
    grouped = phlox_server.get("/api/v1/timeline", step=120, group_by="version", limit=1, **span).json
    assert grouped["series"] == [
        {"labels": {"version": "1"}, "total": 12, "values": [12], "covered_ns": [3 * 10**10]}
    ]
    assert grouped["series_left_out"] == 1
    # Steps are whole minutes, of which the first and the last may have a part in the range only.
    minutes = phlox_server.get("/api/v1/timeline", step=60, **span).json
    assert minutes["first_ms"] == start * 1000 // 60_000 * 60_000 and minutes["first_ms"] <= span["from"]
    assert sum(minutes["series"][0]["values"]) == 21
    first_minute = range(start, minutes["first_ms"] // 1000 + 60, 20)
    assert minutes["series"][0]["values"][0] == sum(i + 1 for i, _ in enumerate(first_minute))
    services = phlox_server.get("/api/v1/services", **span).json["services"]
    assert services == [{"name": "shop", "total": 21, "covered_ns": 6 * 10**10, "profiles": 6}]
    select = phlox_server.call(
        QUERIER + "SelectSeries",
        profileTypeID=CPU,
        labelSelector="{}",
        start=span["from"],
        end=span["until"],
        step=60,
    ).json
    assert [point["value"] for point in select["series"][0]["points"]] == [6, 15]


def test_the_comparison_tells_the_story(phlox_server):
    before, after = window() - 600, window()
    for i in range(3):
        old = pprof.encode("main;foo 6550000000\nmain;bar 2190000000", (before + 10 * i) * 10**9)
        new = pprof.encode("main;foo 700000000\nmain;bar 2190000000", (after + 10 * i) * 10**9)
        assert phlox_server.push(old).status == 200 and phlox_server.push(new).status == 200
    diff = phlox_server.get(
        "/api/v1/diff",
        baseline_from=before * 1000,
        baseline_until=(before + 100) * 1000,
        comparison_from=after * 1000,
        comparison_until=(after + 100) * 1000,
    ).json
    assert diff["headline"]["sentence"] == (
        "Total CPU fell by 67 %, from 0.874 to 0.289 cores. foo fell by 89 %, from 0.655 to 0.070 cores. "
        "bar is unchanged at 0.219 cores."
    )
    names = diff["functions"]["name"]
    assert names[diff["headline"]["changed"]] == "foo" and names[diff["headline"]["unchanged"]] == "bar"
    assert [names[f] for f in diff["table"]["function"]] == ["foo", "main", "bar"]
    assert len(diff["tree"]["self"]) == 2 and diff["tree"]["total"][0][0] == 26_220_000_000
    flame = phlox_server.call(
        QUERIER + "Diff",
        left=dict(profileTypeID=CPU, labelSelector="{}", start=before * 1000, end=(before + 100) * 1000),
        right=dict(profileTypeID=CPU, labelSelector="{}", start=after * 1000, end=(after + 100) * 1000),
    ).json["flamegraph"]
    assert flame["leftTicks"] == "26220000000" and len(flame["levels"][0]["values"]) == 7


def test_numbers_beyond_doubles_are_strings(phlox_server):
    start = window()
    for _ in range(2):
        assert phlox_server.push(pprof.encode(f"main {2**53 - 1}", start * 10**9)).status == 200
    assert query(phlox_server, start)["side"]["total"] == str(2**54 - 2)


def test_an_empty_selection_is_a_root_of_nothing(phlox_server):
    profile = query(phlox_server, window())
    assert profile["tree"]["function"] == [-1] and profile["tree"]["total"] == [0]
    assert profile["side"]["covered_ns"] == 0


def test_answers_are_gzipped_for_those_who_take_it(phlox_server):
    start = window()
    text = "\n".join(f"main;function_{i} {i + 1}" for i in range(300))
    assert phlox_server.push(pprof.encode(text, start * 10**9)).status == 200
    path = f"/api/v1/profile?from={start * 1000}&until={(start + 10) * 1000}"
    packed = phlox_server.request("GET", path, Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == phlox_server.request("GET", path).body


def test_the_largest_value_of_a_label_can_be_asked_for(phlox_server):
    start = window()
    for service, value in (("small", 3), ("large", 70), ("mid", 20)):
        body = pprof.encode(f"main;{service}_work {value}", start * 10**9)
        assert phlox_server.push(body, service_name=service).status == 200
    profile = query(phlox_server, start, largest="service_name")
    assert profile["largest"] == "large" and stacks_of(profile) == {"main;large_work": 70}
    narrowed = query(phlox_server, start, largest="service_name", selector='{service_name!="large"}')
    assert narrowed["largest"] == "mid" and stacks_of(narrowed) == {"main;mid_work": 20}
    assert "largest" not in query(phlox_server, start)
    as_bytes = phlox_server.get("/api/v1/profile", columns="bytes", largest="service_name", **{"from": start * 1000})
    assert as_bytes.headers["Content-Type"] == "application/vnd.phlox.columns" and as_bytes.body.startswith(b"PHLOXCOL")
    span = {"from": start * 1000, "until": (start + 10) * 1000}
    timeline = phlox_server.get("/api/v1/timeline", largest="service_name", **span).json
    assert timeline["largest"] == "large" and timeline["series"][0]["values"] == [70]
    nothing = phlox_server.get("/api/v1/timeline", largest="service_name", until=start * 1000, **{"from": start * 1000 - 9}).json
    assert nothing["largest"] is None and nothing["series"][0]["total"] == 0


def test_an_address_without_any_choice_announces_what_its_page_will_ask(phlox_server):
    links = phlox_server.get("/").headers.get_all("Link")
    assert [link.split(";")[0] for link in links] == [
        "<api/v1/profile?columns=bytes&largest=service_name>",
        "<api/v1/timeline?largest=service_name>",
    ]
    for path in ("/?query={}", "/nothing", "/assets/nothing.js"):
        assert "Link" not in phlox_server.get(path).headers


def test_the_page_has_a_strict_policy_and_an_etag(phlox_server):
    page = phlox_server.get("/")
    assert page.status == 200 and page.headers["Content-Type"].startswith("text/html")
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    again = phlox_server.request("GET", "/", If_None_Match=page.headers["ETag"])
    assert again.status == 304 and again.body == b""
    assert phlox_server.get("/nothing.js").status == 404
    assert phlox_server.get("/api/v1/nothing").status == 404
    assert phlox_server.get("/push.v1.PusherService/Push").status == 405
