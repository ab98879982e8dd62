"""docs/openapi.json: schemathesis holds a server against it, and the page asks nothing that is not in it."""

import json
import re
import subprocess
import time

import packages
import pprof
from built_programs import ROOT

SCHEMATHESIS = "schemathesis==4.32.5"
SECONDS = 12  # of random requests, after those at the bounds of what is described
TIMEOUT_S = 180
CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
          "unsupported_method")
DESCRIPTION = ROOT / "docs/openapi.json"


def test_the_server_answers_as_described(lone_server, tmp_path, checked):
    assert lone_server.get("/api/v1/openapi.json").body == DESCRIPTION.read_bytes()
    body = pprof.encode("main;foo 75\nmain;bar 25", (int(time.time()) - 600) * 10**9)
    assert lone_server.push(body).status == 200
    command = [packages.python(SCHEMATHESIS) / "st", "run", DESCRIPTION, "--url", lone_server.url, "--no-color",
               "--generation-deterministic", "--max-examples", "10", "--max-time", str(SECONDS), "--continue-on-failure",
               "--phases", "examples,coverage,fuzzing", "--checks", ",".join(CHECKS)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-10_000:] + done.stderr[-2000:]
    operations = sum(len(methods) for methods in json.loads(DESCRIPTION.read_text())["paths"].values())
    assert f"Tested: {operations}" in done.stdout
    checked("schemathesis 4.32.5", "docs/openapi.json describes what the server answers")


def page_requests():
    """{(method, path)} of what the page's code asks, by how it says so."""
    asked = set()
    for path in (ROOT / "web/src").rglob("*.ts*"):
        if "_test." in path.name:
            continue
        text = path.read_text()
        assert path.name == "client.ts" or "fetch(" not in text, f"{path}: requests are sent by client.ts"
        asked |= {("get", "/api/v1/" + name) for name in re.findall(r"(?<![.\w])get\(\s*'([^']*)'", text)}
        asked |= {("post", "/api/v1/" + name) for name in re.findall(r"\bpost\(\s*'([^']*)'", text)}
        asked |= {("post", "/querier.v1.QuerierService/" + name) for name in re.findall(r"\bconnect\(\s*'([^']*)'", text)}
        for kinds in re.findall(r"const KINDS = \{([^}]*)\}", text):
            asked |= {(method, "/api/v1/" + name) for name in re.findall(r"\w+", kinds) for method in ("get", "put", "delete")}
    return asked


def test_the_page_asks_only_what_is_public():
    paths = json.loads(DESCRIPTION.read_text())["paths"]
    asked = page_requests()
    assert {("get", "/api/v1/timeline"), ("get", "/api/v1/label-values"), ("post", "/querier.v1.QuerierService/LabelNames"),
            ("put", "/api/v1/prices"), ("post", "/api/v1/upload")} <= asked
    assert not {(method, path) for method, path in asked if method not in paths.get(path, {})}
