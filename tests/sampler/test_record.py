"""What `phlox record` can be told besides a process: patterns, formats, threads."""

import base64
import gzip
import json
import re
import subprocess

import pytest

SECONDS = 1
END_SECONDS = 30


@pytest.fixture
def program(start_program, newest_python, tmp_path):
    # The argument is there to be found by, on a machine that runs other tests as well.
    return start_program(newest_python, "foo_bar.py", str(tmp_path))


def run_record(phlox, output, *options):
    return subprocess.run([phlox, "record", "--duration", f"{SECONDS}s", "--output", output, *options], text=True,
                          capture_output=True, timeout=END_SECONDS)


def test_processes_are_found_by_their_command_line(phlox, program, tmp_path):
    output = tmp_path / "profile.folded"
    result = run_record(phlox, output, "--match", f"foo_bar.py {tmp_path}$")
    assert result.returncode == 0, result.stderr
    assert "recording 1 process" in result.stderr
    assert "foo" in output.read_text()


def test_verbose_says_how_late_looks_came(phlox, program):
    result = subprocess.run([phlox, "--verbose", "record", "--engine", "read", "--pid", str(program.pid), "--duration", f"{SECONDS}s",
                             "--output", "/dev/null"], text=True, capture_output=True, timeout=END_SECONDS)
    said = re.search(r"half of the looks came within ([\d.]+) us of their time, 99 % within ([\d.]+) us", result.stderr)
    assert said, result.stderr
    assert 0 < float(said[1]) <= float(said[2]) < SECONDS * 1e6


@pytest.mark.parametrize("pattern, reason", [("no such (program)$", "no process"), ("(", "not a regular expression")])
def test_patterns_that_find_nothing_say_so(phlox, tmp_path, pattern, reason):
    result = run_record(phlox, tmp_path / "profile.folded", "--match", pattern)
    assert result.returncode == 1
    assert reason in result.stderr


def test_speedscope_holds_every_sample(phlox, program, tmp_path):
    output = tmp_path / "profile.speedscope.json"
    result = run_record(phlox, output, "--pid", str(program.pid), "--format", "speedscope")
    assert result.returncode == 0, result.stderr
    recorded = json.loads(output.read_text())
    samples, cpu = recorded["profiles"]
    assert (samples["unit"], cpu["unit"]) == ("none", "nanoseconds")
    taken = int(result.stderr.split("phlox: ")[-1].split(" samples")[0])
    assert sum(samples["weights"]) == samples["endValue"] == taken
    assert 0 < cpu["endValue"] < 1.1e9 * SECONDS
    names = [frame["name"] for frame in recorded["shared"]["frames"]]
    leaves = {names[stack[-1]] for stack in cpu["samples"]}
    roots = {names[stack[0]] for stack in cpu["samples"]}
    assert "work" in leaves and "work" not in roots


def test_threads_are_told_apart(phlox, program, tmp_path):
    output = tmp_path / "profile.folded"
    assert run_record(phlox, output, "--pid", str(program.pid), "--threads").returncode == 0
    roots = {line.split(";")[0] for line in output.read_text().splitlines()}
    assert roots and all(root.startswith("[thread ") for root in roots)


def test_a_page_holds_the_profile_and_asks_nobody(phlox, program, tmp_path):
    output = tmp_path / "profile.html"
    result = run_record(phlox, output, "--pid", str(program.pid), "--format", "html")
    assert result.returncode == 0, result.stderr
    page = output.read_text()
    assert len(page) <= 1_000_000
    assert "default-src 'none'" in page and "http://" not in page.replace("http://www.w3.org/", "")
    packed = re.search(r'id="phlox-kept">([^<]+)<', page).group(1)
    content = json.loads(gzip.decompress(base64.b64decode(packed)))
    assert content["type"] == "process_cpu:cpu:nanoseconds:cpu:nanoseconds"
    assert "foo_bar.py" in content["title"] and str(program.pid) in content["title"]
    profile = content["profile"]
    names, total = profile["functions"]["name"], profile["tree"]["total"]
    assert "foo" in names and "work" in names
    assert total[0] == profile["side"]["total"] == sum(profile["tree"]["self"])
    assert 0 < total[0] < 1.1e9 * SECONDS
