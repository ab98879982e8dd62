"""Pyroscope's own clients push, all at once; what they sent is found by query: every sum, by type, function and label."""

import pytest

import sent

CPU = "process_cpu:cpu:nanoseconds:cpu:nanoseconds"
# Node's profile holds wall time too, and its name is that of the whole profile.
NODE_CPU = "wall:cpu:nanoseconds:wall:nanoseconds"
CPU_OF = {"python-new": CPU, "python-old": CPU, "node-new": NODE_CPU, "node-old": NODE_CPU, "go-service": CPU}
SERVICES = sorted(CPU_OF)
CLIENT_OF = {"python-new": "pyroscope-io 1.4.0 (Python)", "python-old": "pyroscope-io 0.8.11 (Python)",
             "node-new": "@pyroscope/nodejs 0.6.4", "node-old": "@pyroscope/nodejs 0.4.13", "go-service": "pyroscope-go 1.2.8"}
NANOSECONDS = ("cpu", "nanoseconds")


def total_of(profile, name):
    """Total of the functions called so."""
    names = profile["functions"]["name"]
    return sum(int(total) for function, total in zip(profile["table"]["function"], profile["table"]["total"])
               if sent.is_called(names[function], name))


def sent_cpu(fleet, service, picks):
    return sent.sums(fleet.pushes(), picks)[service][NANOSECONDS]


def test_no_request_was_refused(fleet):
    assert not fleet.refusals()


@pytest.mark.parametrize("service", SERVICES)
def test_every_sum_is_the_one_sent(fleet, service, checked):
    expected = {kind: total for kind, total in fleet.sent[service].items() if total and not sent.is_gauge(kind)}
    found = {}
    for profile_type in fleet.profile_types(service):
        _, sample, unit, _, _ = profile_type.split(":")
        if not sent.is_gauge((sample, unit)):
            found[sample, unit] = found.get((sample, unit), 0) + fleet.points_sum(profile_type, service)
    assert {kind: total for kind, total in found.items() if total} == expected
    checked(CLIENT_OF[service], "every sum that it sent is found: " + ", ".join(sorted({kind for kind, _ in expected})))


@pytest.mark.parametrize("service", ["python-new", "node-new", "node-old", "go-service"])
def test_what_is_alive_is_averaged_over_time(fleet, service, checked):
    expected = {kind: mean for kind, mean in sent.gauges(fleet.pushes())[service].items() if mean}
    found = {}
    for profile_type in fleet.profile_types(service):
        kind = tuple(profile_type.split(":")[1:3])
        if sent.is_gauge(kind):
            found[kind] = fleet.total(profile_type, service)
    assert expected and {kind: total for kind, total in found.items() if total} == expected
    checked(CLIENT_OF[service], "means of what is alive: " + ", ".join(sorted({kind for kind, _ in expected})))


@pytest.mark.parametrize("service", SERVICES)
def test_functions_have_what_was_sent_and_the_tag_is_a_label(fleet, service, checked):
    profile = fleet.profile(CPU_OF[service], f'{{service_name="{service}",region="eu"}}')
    assert int(profile["side"]["total"]) == fleet.sent[service][NANOSECONDS]
    for name in ("foo", "bar"):
        expected = sent_cpu(fleet, service, lambda sample: sent.has_function(sample, name))
        assert total_of(profile, name) == expected > 0
    checked(CLIENT_OF[service], "functions, tags as labels")


@pytest.mark.parametrize("service", ["python-new", "python-old"])
def test_tags_of_a_stretch_of_code_are_labels(fleet, service, checked):
    for endpoint in ("/left", "/right"):
        found = fleet.profile(CPU, f'{{service_name="{service}",endpoint="{endpoint}"}}')
        expected = sent_cpu(fleet, service, lambda sample: sample.labels.get("endpoint") == endpoint)
        assert int(found["side"]["total"]) == expected > 0
    checked(CLIENT_OF[service], "`tag_wrapper`")


def test_memory_of_python_keeps_its_units(fleet, checked):
    for kind, unit in [("alloc_objects", "count"), ("alloc_space", "bytes"), ("inuse_objects", "count"), ("inuse_space", "bytes")]:
        profile = fleet.profile(f"memory:{kind}:{unit}:space:bytes", '{service_name="python-new"}')
        assert profile["unit"] == unit and total_of(profile, "bar") > 0
    checked(CLIENT_OF["python-new"], "memory profiling")


def test_the_kinds_of_go_profiles_are_told_apart(fleet, checked):
    names = {profile_type.split(":")[0] for profile_type in fleet.profile_types("go-service")}
    assert names == {"process_cpu", "memory", "goroutines", "mutex", "block"}
    for name in ("mutex", "block"):
        profile = fleet.profile(f"{name}:delay:nanoseconds:contentions:count", '{service_name="go-service"}')
        assert any("contend" in function for function in profile["functions"]["name"]), name
    checked(CLIENT_OF["go-service"], "CPU, memory, goroutines, mutex and block profiles")
