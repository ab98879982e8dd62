"""Fixtures that start the built programs."""

import pathlib
import sys

import pytest

from server_process import Server

sys.path.insert(0, str(pathlib.Path(__file__).parent))


@pytest.fixture
def start_server(tmp_path):
    """Starts servers with options of a test's own: start_server("--sync", data=directory)."""
    servers = []

    def start(*options, data=None):
        servers.append(Server(data or tmp_path / f"data{len(servers)}", *options))
        return servers[-1]

    yield start
    for server in servers:
        if server.process is not None and server.process.poll() is None:
            server.kill()


@pytest.fixture
def phlox_server(start_server):
    """A running phlox-server: url, data, push(), get(), call(), restart(), kill(), stop()."""
    return start_server()
