"""What all tests of the built programs share: the programs and the interpreters of this machine."""

import pathlib
import subprocess

import pytest

from built_programs import ROOT, program



def find_pythons(*options):
    """[(version, path)] of this machine's CPythons, oldest first."""
    lines = subprocess.run([ROOT / "tools/find-pythons", *options, ROOT / "build/pythons"], check=True, capture_output=True,
                           text=True).stdout
    return [tuple(line.split(" ", 1)) for line in lines.splitlines()]


def pytest_configure(config):
    subprocess.run([ROOT / "tools/install-python"], check=False)  # without it one version less is tested
    config.pythons = find_pythons()
    config.supported_pythons = find_pythons("--supported")


def pytest_report_header(config):
    return "CPython: " + ", ".join(version for version, _ in config.pythons)


def pytest_generate_tests(metafunc):
    """A test that asks for `python` runs once for each interpreter that phlox can sample, one for `unsupported_python` for each
    that it cannot. Up to 3.10 versions differ little, so long tests ask for less: `python_of_each_kind` leaves out what lies between
    3.6 and 3.10, `python_with_gil` also 2.7 and 3.6, of which phlox does not see who has the GIL, which are `python_without_gil`.
    `python_3` and `python_3_of_each_kind` leave out 2.7, where threads that fight for the GIL may wait for minutes;
    `oldest_or_newest_python` is what its name says."""
    supported = metafunc.config.supported_pythons

    def without(*versions):
        return [one for one in supported if not one[0].startswith(versions)]
    for fixture, pythons in (("python", supported),
                             ("python_3", without("2.7.")),
                             ("python_of_each_kind", without("3.7.", "3.8.", "3.9.")),
                             ("python_3_of_each_kind", without("2.7.", "3.7.", "3.8.", "3.9.")),
                             ("python_with_gil", without("2.7.", "3.6.", "3.8.", "3.9.")),
                             ("python_without_gil", [one for one in supported if one[0].startswith(("2.7.", "3.6."))]),
                             ("oldest_or_newest_python", supported[:1] + supported[1:][-1:]),
                             ("unsupported_python", [one for one in metafunc.config.pythons if one not in supported])):
        if fixture in metafunc.fixturenames:
            metafunc.parametrize(fixture, [path for _, path in pythons], ids=[version for version, _ in pythons])


@pytest.fixture(scope="session")
def newest_python(pytestconfig):
    assert pytestconfig.supported_pythons, "no CPython that phlox can sample was found; tools/find-pythons says where it looks"
    return pytestconfig.supported_pythons[-1][1]


@pytest.fixture(scope="session")
def phlox():
    return pathlib.Path(program("phlox"))
