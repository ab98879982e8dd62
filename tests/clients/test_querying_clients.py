"""Programs that ask or read: the client generated from Pyroscope's API, as Grafana has it; google/pprof; speedscope."""

import json
import pathlib
import subprocess
import time

import pytest

import packages
import pprof

CPU = "process_cpu:cpu:nanoseconds:cpu:nanoseconds"
HERE = pathlib.Path(__file__).parent
TIMEOUT_S = 60
SPAN = "9a517183f26a089d"
GRAFANA = "github.com/grafana/pyroscope/api 0.4.0 (generated client)"


class Known:
    """A service whose numbers are known, 40 s of it: two versions in two regions, and a span."""

    service = "known-service"

    def __init__(self, server):
        self.server = server
        self.start = int(time.time()) // 10 * 10 - 600
        self.span_ms = {"start": self.start * 1000, "end": (self.start + 40) * 1000}
        self.push(0, "main;foo 6000000000\nmain;bar 2000000000", version="1", region="eu")
        self.push(10, "main;foo 3000000000", version="1", region="us")
        self.push(20, "main;foo 500000000\nmain;bar 2000000000", version="2", region="eu")
        self.push(30, "main;traced 100", version="2", region="eu", span_id=SPAN)

    def push(self, second, folded, **labels):
        body = pprof.encode(folded, (self.start + second) * 10**9)
        assert self.server.push(body, service_name=self.service, **labels).status == 200

    def query(self, **more):
        """Parameters of the flat API for all of it."""
        return {"type": CPU, "selector": f'{{service_name="{self.service}"}}', "from": self.start * 1000,
                "until": (self.start + 40) * 1000, **more}


@pytest.fixture(scope="module")
def known(clients_server):
    return Known(clients_server)


@pytest.fixture(scope="module", params=["connect", "grpc"])
def protocol(request):
    return request.param


@pytest.fixture(scope="module")
def answers(known, protocol):
    """Answers by method, of the generated client."""
    url = known.server.url_for(protocol)
    command = [packages.go_program("grafana"), protocol, url, known.service, *map(str, known.span_ms.values())]
    done = subprocess.run(command, capture_output=True, timeout=TIMEOUT_S)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def flame_rows(flame):
    """{path: (total, self)} of a flame graph's levels."""
    rows, above = {}, [(0, None, ())]
    for level in flame["levels"]:
        values = list(map(int, level["values"]))
        here, end = [], 0
        for at in range(0, len(values), 4):
            begin = end + values[at]
            end = begin + values[at + 1]
            path = next(path for left, right, path in above if left <= begin and (right is None or begin < right))
            path += (flame["names"][values[at + 3]],)
            here.append((begin, end, path))
            rows[";".join(path[1:])] = (values[at + 1], values[at + 2])
        above = here
    return rows


def test_what_there_is_is_listed(answers, protocol, known, checked):
    assert CPU in [kind["ID"] for kind in answers["ProfileTypes"]["profileTypes"]]
    assert answers["LabelNames"]["names"] == ["region", "service_name", "span_id", "version"]
    assert answers["LabelValues"]["names"] == ["1", "2"]
    sets = [{label["name"]: label["value"] for label in labels["labels"]} for labels in answers["Series"]["labelsSet"]]
    assert sets == [{"service_name": known.service, "version": version} for version in "12"]
    checked(GRAFANA, f"over {protocol}: `ProfileTypes`, `LabelNames`, `LabelValues`, `Series`")


def test_the_flame_graph_has_every_value(answers, protocol, checked):
    flame = answers["SelectMergeStacktraces"]["flamegraph"]
    assert flame["total"] == "13500000100" and flame["maxSelf"] == "9500000000"
    assert flame_rows(flame) == {
        "": (13500000100, 0),
        "main": (13500000100, 0),
        "main;foo": (9500000000, 9500000000),
        "main;bar": (4000000000, 4000000000),
        "main;traced": (100, 100),
    }
    cut = flame_rows(answers["SelectMergeStacktraces of 3 nodes"]["flamegraph"])
    assert cut["main;other"] == (4000000100, 4000000100) and "main;bar" not in cut
    checked(GRAFANA, f"over {protocol}: `SelectMergeStacktraces`")


def test_a_span_has_its_own_flame_graph(answers, protocol, checked):
    assert flame_rows(answers["SelectMergeSpanProfile"]["flamegraph"])["main;traced"] == (100, 100)
    assert answers["SelectMergeSpanProfile"]["flamegraph"]["total"] == "100"
    checked(GRAFANA, f"over {protocol}: `SelectMergeSpanProfile`")


def test_the_merged_pprof_has_every_value(answers, protocol, checked):
    merged = answers["SelectMergeProfile"]
    assert sum(int(sample["value"][0]) for sample in merged["sample"]) == 13500000100
    checked(GRAFANA, f"over {protocol}: `SelectMergeProfile`")


def test_the_diff_has_both_sides(answers, protocol, checked):
    flame = answers["Diff"]["flamegraph"]
    assert (flame["leftTicks"], flame["rightTicks"], flame["total"]) == ("11000000000", "2500000100", "13500000100")
    checked(GRAFANA, f"over {protocol}: `Diff`")


def points_of(answer):
    """{labels: {second: value}}"""
    return {tuple(label["value"] for label in series.get("labels", [])): [point["value"] for point in series["points"]]
            for series in answer["series"]}


def test_series_are_summed_grouped_and_averaged(answers, protocol, checked):
    assert points_of(answers["SelectSeries"]) == {(): [8e9, 3e9, 2.5e9, 100]}
    assert points_of(answers["SelectSeries by version"]) == {("1",): [11e9], ("2",): [2500000100]}
    assert points_of(answers["SelectSeries by version, region"]) == {
        ("1", "eu"): [8e9], ("1", "us"): [3e9], ("2", "eu"): [2500000100]}
    assert points_of(answers["SelectSeries averaged"]) == {(): [5.5e9, 1250000050]}
    checked(GRAFANA, f"over {protocol}: `SelectSeries`: step, groupBy, aggregation")


def test_an_error_has_a_code_that_is_not_tried_again(answers, protocol, checked):
    assert answers["an error's code"] == "invalid_argument"
    checked(GRAFANA, f"over {protocol}: errors that are not tried again")


def call(known, method, **message):
    answer = known.server.call("querier.v1.QuerierService/" + method, **message)
    assert answer.status == 200, answer.body
    return answer.json


def select(known, **message):
    return call(known, "SelectMergeStacktraces", profileTypeID=CPU, labelSelector=f'{{service_name="{known.service}"}}',
                **known.span_ms, **message)


def test_newer_requests_are_answered(known):
    """What the generated client of Debian's Go does not have yet."""
    merged = select(known, format="PROFILE_FORMAT_PPROF")["pprof"]["profile"]
    assert sum(int(sample["value"][0]) for sample in merged["sample"]) == 13500000100
    dot = select(known, format="PROFILE_FORMAT_DOT")["dot"]
    assert 'label="foo\\nself 9500000000\\ntotal 9500000000"' in dot
    assert "tree" in select(known, format="PROFILE_FORMAT_TREE")
    assert select(known, spanSelector=[SPAN])["flamegraph"]["total"] == "100"
    below = select(known, stackTraceSelector={"callSite": [{"name": "main"}, {"name": "bar"}]})
    assert below["flamegraph"]["total"] == "4000000000"
    analysis = call(known, "AnalyzeQuery", query=f'{CPU}{{service_name="{known.service}"}}', **known.span_ms)
    assert analysis["queryScopes"] == [
        {"componentType": "store", "componentCount": "1", "seriesCount": "4", "profileCount": "4"}]


def test_stats_say_from_when_to_when(lone_server):
    def stats():
        return lone_server.call("querier.v1.QuerierService/GetProfileStats").json

    assert stats() == {}
    start = int(time.time()) // 10 * 10 - 3600
    for second in (0, 1200):
        assert lone_server.push(pprof.encode("main 1", (start + second) * 10**9)).status == 200
    assert stats() == {"dataIngested": True, "oldestProfileTime": str(start * 1000),
                       "newestProfileTime": str((start + 1210) * 1000 - 1)}
