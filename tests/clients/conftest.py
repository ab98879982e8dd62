"""A server and the fleet of clients that has pushed to it, once for all tests of this folder; and docs/compatibility.md.

    PHLOX_WRITE_COMPATIBILITY=1 python3 -m pytest tests/clients      writes the page from what has passed
"""

import os
import pathlib
import sys

import pytest

from built_programs import ROOT
from server_process import Server

sys.path.insert(0, str(pathlib.Path(__file__).parent))

PAGE = ROOT / "docs/compatibility.md"
HEAD = """# Compatibility

What is tested with the real programs, at these versions, whenever phlox is tested. Written by the tests in `tests/clients` from what
has passed; not to be edited by hand.

| client | what works | tested by |
|---|---|---|
"""
rows = set()


@pytest.fixture
def checked(request):
    """checked(client, what works): the last line of a test, a row of the page."""
    def note(client, what):
        rows.add((client, what, f"{request.node.path.name}: {request.node.originalname}"))

    return note


def pytest_sessionfinish(exitstatus):
    if exitstatus == 0 and os.environ.get("PHLOX_WRITE_COMPATIBILITY"):
        PAGE.write_text(HEAD + "".join(f"| {client} | {what} | `{test}` |\n" for client, what, test in sorted(rows)))


@pytest.fixture(scope="session")
def clients_server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("clients") / "data", "--grpc-listen", "127.0.0.1:0")
    yield server
    server.kill()


@pytest.fixture(scope="session")
def fleet(clients_server, tmp_path_factory):
    from fleet import Fleet

    return Fleet(clients_server, tmp_path_factory.mktemp("fleet"))


@pytest.fixture
def lone_server(tmp_path):
    """A server that holds nothing yet."""
    server = Server(tmp_path / "data")
    yield server
    server.kill()
