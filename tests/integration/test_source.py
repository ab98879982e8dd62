"""GET /api/v1/source: what lines took, and texts from below --source-dir and from nowhere else."""

import time

import page_data
import pprof


def ask(server, file, **parameters):
    return server.get("/api/v1/source", selector='{service_name="lines"}', file=file, **parameters)


def fill(server):
    start_s = int(time.time()) // 10 * 10 - 600
    body = pprof.encode(page_data.LINES, start_s * 10**9, lines=page_data.LINES_OF)
    assert server.push(body, service_name="lines").status == 200


def test_lines_have_text_self_and_total(start_server, tmp_path):
    server = start_server("--source-dir", page_data.sources(tmp_path / "sources"))
    fill(server)
    answer = ask(server, "app.py").json
    assert (answer["line"], answer["self"], answer["total"]) == (
        [3, 4, 10], [15 * 10**8, 6 * 10**9, 5 * 10**8], [15 * 10**8, 6 * 10**9, 8 * 10**9])
    assert answer["text"] == page_data.SOURCE and answer["no_text"] is None
    assert sum(answer["self"]) == answer["side"]["total"]


def test_nothing_outside_of_the_directory_is_shown(start_server, tmp_path):
    sources = page_data.sources(tmp_path / "sources")
    (tmp_path / "secret.py").write_text("secret")
    (sources / "link.py").symlink_to(tmp_path / "secret.py")
    (sources / "up").symlink_to("..")
    server = start_server("--source-dir", sources)
    for file in ("../secret.py", "link.py", "up/secret.py", str(tmp_path / "secret.py"), "/etc/passwd", "a/../../secret.py", "/", "."):
        answer = ask(server, file)
        assert answer.status == 200, answer.body
        assert answer.json["text"] is None and answer.json["no_text"], file
        assert b'"text":"' not in answer.body, file
    assert ask(server, "").status == 400


def test_without_the_option_lines_are_counted_and_it_is_named(phlox_server):
    fill(phlox_server)
    answer = ask(phlox_server, "app.py").json
    assert answer["line"] == [3, 4, 10] and answer["text"] is None
    assert "--source-dir" in answer["no_text"]


def test_a_directory_that_is_not_there_is_an_error(tmp_path):
    import subprocess

    from built_programs import program
    done = subprocess.run([program("phlox-server"), "--data", tmp_path / "data", "--listen", "127.0.0.1:0", "--source-dir", tmp_path / "none"],
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert f"--source-dir: open {tmp_path / 'none'}: " in done.stderr
