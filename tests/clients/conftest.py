"""A server and the fleet of clients that has pushed to it, once for all tests of this folder."""

import pathlib
import sys

import pytest

from server_process import Server

sys.path.insert(0, str(pathlib.Path(__file__).parent))


@pytest.fixture(scope="session")
def clients_server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("clients") / "data")
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
