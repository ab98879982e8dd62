"""Data for the tests of the page, every number of which is known.

Service `shop`, label `version`, from the start of the range in windows of 10 s:

    window   0 … 19    20 … 29    30 … 49       50 … 59
    version  1         no data    2             no data
    foo      0.75      -          0.08 cores    -
    bar      0.25      -          0.25 cores    -

A day earlier the shop took half as much. It may use 2 cores and was throttled by 0.1 cores in its first ten windows. Version 1 answered
100 requests a second, version 2 50. Service `names` has functions with names that a page may stumble over, service `wide` a tree of
thousands of nodes, service `renamed` two versions between which `parse_all` became `parse` of another file and `load` moved to it (RENAMED), service `lines` what LINES says of app.py, whose text is SOURCE. LONG is the name of a service that does little.
Half a day earlier there is a service `fleet` of 450 pods, `api-000` to `api-149` and `web-000` to `web-299`.
"""

import base64
import random

import pprof

WINDOW_S = 10
SECOND_NS = 10**9
DAY_S = 86400
NAMES = ["<script>alert(1)</script>", "x" * 10_000, "\u05e9\u05dc\u05d5\u05dd\u202e", "\U0001f40d snake", "a b\tc"]
LONG = "checkout-and-fulfilment-worker.eu-central-1"
SOURCE = """def foo(numbers):
    total = 0
    for number in numbers:
        total += number * number  # <b>hot</b>
    return total


def run():
    while True:
        foo(range(1000))
"""
LINES = "run;foo4 6000000000\nrun;foo3 1500000000\nrun 500000000"
RENAMED = {
    "1": "run;parse_all 4000000000\nrun;parse_all;load 2000000000\nrun;check 1000000000",
    "2": "run;parse 1000000000\nrun;parse;moved 2000000000\nrun;audit 500000000",
}
RENAMED_OF = {"parse": ("parse", 3, "parser.py"), "moved": ("load", 9, "parser.py")}
LINES_OF = {"run": ("run", 10), "foo3": ("foo", 3), "foo4": ("foo", 4)}


def shop(foo_ms, bar_ms):
    return f"run;handle;foo {foo_ms * 10**6}\nrun;handle;bar {bar_ms * 10**6}"


def wide_tree(nodes):
    """Folded stacks of about that many nodes, the same in each run."""
    chance = random.Random(7)
    stacks, lines = ["serve"], []
    while len(stacks) < nodes:
        parent = stacks[int(chance.random() ** 2 * len(stacks))]
        if parent.count(";") < 60:
            stacks.append(f"{parent};step_{chance.randrange(400)}")
            lines.append(f"{stacks[-1]} {chance.randrange(1, 40) * 10**5}")
    return "\n".join(lines)


def push(server, folded, start_s, **labels):
    answer = server.push(pprof.encode(folded, start_s * SECOND_NS), **labels)
    assert answer.status == 200, answer.body


def push_fleet(server, start_s):
    profile = base64.b64encode(pprof.encode(f"run {10**8}", start_s * SECOND_NS)).decode()
    names = [f"api-{pod:03}" for pod in range(150)] + [f"web-{pod:03}" for pod in range(300)]
    labels = [{"__name__": "process_cpu", "service_name": "fleet", "pod": name} for name in names]
    series = [{
        "labels": [{"name": name, "value": value} for name, value in one.items()],
        "samples": [{"rawProfile": profile}],
    } for one in labels]
    answer = server.call("push.v1.PusherService/Push", series=series)
    assert answer.status == 200, answer.body


def sources(directory):
    """A directory with the text of app.py."""
    directory.mkdir()
    (directory / "app.py").write_text(SOURCE)
    return directory


def fill(server, start_s):
    """Pushes all of it; the range begins at `start_s`, a multiple of 10 minutes."""
    for window in range(20):
        at = start_s + window * WINDOW_S
        push(server, shop(7500, 2500), at, version="1")
        push(server, shop(800, 2500), at + 300, version="2")
        push(server, shop(3750, 1250), at - DAY_S, version="1")
        for version, start, count in (("1", at, 1000), ("2", at + 300, 500)):
            answered = pprof.encode(f"[requests] {count}", start * SECOND_NS, sample_types=(("requests", "count"),))
            assert server.push(answered, __name__="shop", version=version).status == 200
        facts = f"[window] {20 * SECOND_NS}"
        limit = pprof.encode(facts, at * SECOND_NS, sample_types=(("limit", "nanoseconds"),))
        assert server.push(limit, __name__="phlox_window", version="1").status == 200
        if window < 10:
            throttled = pprof.encode(f"[window] {SECOND_NS}", at * SECOND_NS, sample_types=(("throttled", "nanoseconds"),))
            assert server.push(throttled, __name__="phlox_window", version="1").status == 200
    push(server, "\n".join(f"run;{name} {(i + 1) * 10**8}" for i, name in enumerate(NAMES)), start_s, service_name="names")
    assert server.push(pprof.encode(LINES, start_s * SECOND_NS, lines=LINES_OF), service_name="lines").status == 200
    for version, folded in RENAMED.items():
        body = pprof.encode(folded, start_s * SECOND_NS, lines=RENAMED_OF)
        assert server.push(body, service_name="renamed", version=version).status == 200
    push(server, f"run {10**8}", start_s, service_name=LONG)
    push(server, wide_tree(6000), start_s, service_name="wide")
    push_fleet(server, start_s - DAY_S // 2)
