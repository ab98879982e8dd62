"""Files of other programs, pushed; and files of ours, read by other programs."""

import base64
import collections
import html
import json
import pathlib
import re
import subprocess
import time

import pytest

import packages
import pprof
from built_programs import ROOT, program

CPU = "process_cpu:cpu:nanoseconds:cpu:nanoseconds"
WALL = "wall:wall:nanoseconds:wall:nanoseconds"
HERE = pathlib.Path(__file__).parent
TIMEOUT_S = 120
TICK_NS = 10_000_000


def folded_of(server, selector, start_ms, end_ms, type=CPU):
    answer = server.get("/api/v1/export", type=type, selector=selector, format="folded",
                        **{"from": start_ms, "until": end_ms})
    assert answer.status == 200, answer.body
    lines = answer.body.decode().splitlines()
    return collections.Counter({stack: int(value) for stack, value in (line.rsplit(" ", 1) for line in lines)})


@pytest.fixture(scope="module")
def burner():
    process = subprocess.Popen([packages.PYTHON, HERE / "programs/burner.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"running\n"
    yield process
    process.kill()
    process.wait(TIMEOUT_S)


def pushed(server, file, service, type=CPU):
    """The stacks that a service has after its only file has been pushed."""
    subprocess.run([program("phlox"), "push", "--server", server.url, "--service", service, file],
                   check=True, capture_output=True, timeout=TIMEOUT_S)
    now_ms = int(time.time() * 1000)
    return folded_of(server, f'{{service_name="{service}"}}', now_ms - 120_000, now_ms + 60_000, type)


def raw_stacks(text):
    """py-spy's format raw: folded stacks, values in samples."""
    lines = [line.rsplit(" ", 1) for line in text.splitlines() if line]
    return collections.Counter({stack: int(value) * TICK_NS for stack, value in lines})


def speedscope_stacks(text):
    """py-spy's format speedscope: weights in seconds, one profile a thread."""
    file = json.loads(text)
    names = [f"{frame['name']} ({frame['file']}:{frame['line']})" for frame in file["shared"]["frames"]]
    stacks = collections.Counter()
    for profile in file["profiles"]:
        assert profile["unit"] == "seconds"
        for sample, weight in zip(profile["samples"], profile["weights"]):
            stacks[";".join(names[frame] for frame in sample)] += weight * 1e9
    return stacks


@pytest.mark.parametrize("format, read", [("raw", raw_stacks), ("speedscope", speedscope_stacks)])
def test_files_of_py_spy_arrive_whole(clients_server, burner, tmp_path, format, read, checked):
    file = tmp_path / "profile"
    py_spy = packages.python("py-spy==0.4.3") / "py-spy"
    subprocess.run([py_spy, "record", "--pid", str(burner.pid), "--format", format, "--duration", "1", "--nonblocking",
                    "--output", file], check=True, capture_output=True, timeout=TIMEOUT_S)
    expected = read(file.read_text())
    found = pushed(clients_server, file, "py-spy-" + format)
    assert expected and set(found) == set(expected)
    for stack, value in expected.items():
        assert abs(found[stack] - value) < 2, stack  # a weight in seconds is no exact number
    checked("py-spy 0.4.3", f"`py-spy record --format {format}`, then `phlox push`")


def austin_stacks(text):
    """austin's text: microseconds at the end of each line that is no metadata."""
    def name(frame):
        file, function, line = frame.rsplit(":", 2)
        return {":GC:": "<gc>", ":INVALID:": "[unreadable]"}.get(frame, f"{function} ({file}:{line})")

    stacks = collections.Counter()
    for line in text.splitlines():
        if line and not line.startswith("#"):
            stack, value = line.rsplit(" ", 1)
            stacks[";".join(map(name, stack.split(";")[2:])) or "[no frame]"] += int(value) * 1000
    return stacks


@pytest.mark.parametrize("mode, options, type", [("wall", ["--gc"], WALL), ("cpu", ["--sleepless"], CPU)])
def test_files_of_austin_arrive_whole(clients_server, burner, tmp_path, mode, options, type, checked):
    file = tmp_path / "profile"
    austin = packages.python("austin-dist==3.7.0") / "austin"  # 4.0.0 is built for a newer C library than Debian 12 has
    subprocess.run([austin, "--interval", "10ms", "--timeout", "30s", "--exposure", "1", *options, "--output", file,
                    "--pid", str(burner.pid)], check=True, capture_output=True, timeout=TIMEOUT_S)
    text = file.read_text()
    assert f"# mode: {mode}\n" in text
    expected = austin_stacks(text)
    assert sum(expected.values()) > 0
    assert pushed(clients_server, file, "austin-" + mode, type) == expected
    checked("austin 3.7.0", f"`austin {' '.join(options)}` (mode {mode}), then `phlox push`")


def test_a_file_of_perf_script_arrives_whole(clients_server):
    """Recorded by perf 6.1: not every machine lets one use perf."""
    file = ROOT / "tests/testdata/perf_script.txt"
    expected = collections.Counter()
    for sample in file.read_text().strip().split("\n\n"):
        head, *frames = sample.splitlines()
        names = [re.fullmatch(r"\s+[0-9a-f]+ (.*?)(\+0x[0-9a-f]+)? \(.*\)", frame).group(1) for frame in frames]
        expected[";".join(reversed(names))] += int(re.search(r": +(\d+) cpu-clock:", head).group(1))
    assert pushed(clients_server, file, "perf") == expected


@pytest.fixture(scope="module")
def numbers(clients_server):
    """A service of known numbers: the parameters that ask for it."""
    start = int(time.time()) // 10 * 10 - 600
    body = pprof.encode("main;foo 6000000000\nmain;bar 2000000000", start * 10**9)
    assert clients_server.push(body, service_name="numbers").status == 200
    return {"type": CPU, "selector": '{service_name="numbers"}', "from": start * 1000, "until": (start + 10) * 1000}


def export(server, numbers, format, path):
    answer = server.get("/api/v1/export", format=format, **numbers)
    assert answer.status == 200, answer.body
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="phlox.')
    path.write_bytes(answer.body)
    return path


def test_google_pprof_opens_our_pprof(clients_server, numbers, tmp_path, checked):
    file = export(clients_server, numbers, "pprof", tmp_path / "profile.pb.gz")
    top = subprocess.run([packages.go(), "tool", "pprof", "-top", "-unit", "ns", file], check=True, capture_output=True, text=True,
                         timeout=TIMEOUT_S).stdout
    assert re.search(r"Total samples = (8s|8000000000ns)", top), top
    rows = {words[5]: (words[0], words[3]) for line in top.splitlines() if len(words := line.split()) == 6 and words[1].endswith("%")}
    assert rows == {"foo": ("6000000000ns", "6000000000ns"), "bar": ("2000000000ns", "2000000000ns"), "main": ("0", "8000000000ns")}
    checked("google/pprof (go tool pprof)", "opens an exported pprof")


def test_speedscope_opens_our_file(clients_server, numbers, tmp_path, checked):
    """Its own page, in a browser, loads the file as its command line does: by a script beside it."""
    file = export(clients_server, numbers, "speedscope", tmp_path / "profile.json")
    page = packages.node("speedscope@1.25.0") / "node_modules/speedscope/dist/release/index.html"
    script = tmp_path / "profile.js"
    content = base64.b64encode(file.read_bytes()).decode()
    script.write_text(f"speedscope.loadFileFromBase64('profile.json', '{content}')")
    dom = subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files",
                          f"--user-data-dir={tmp_path / 'browser'}", "--virtual-time-budget=20000", "--dump-dom",
                          f"file://{page}#localProfilePath={script}&view=sandwich"],
                         check=True, capture_output=True, text=True, timeout=TIMEOUT_S).stdout
    assert "<title>phlox - speedscope</title>" in dom
    cells = [html.unescape(re.sub(r"<[^>]*>", "", cell)) for cell in re.findall(r"<td.*?</td>", dom)]
    rows = {name: (total, own) for total, own, name in zip(cells[::3], cells[1::3], cells[2::3])}
    assert rows == {"foo": ("6.00s (75%)", "6.00s (75%)"), "bar": ("2.00s (25%)", "2.00s (25%)"),
                    "main": ("8.00s (100%)", "0.00ns (<0.01%)")}
    checked("speedscope 1.25.0", "its page opens an exported file")
