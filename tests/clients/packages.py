"""Puts the real clients, at pinned versions from their registries, under build/clients; what is there stays there.

Each kind of package has its own client: pip in a virtual environment, npm, go. An install has a limit of time and is tried again;
one that does not succeed at all is a failure of the test that needs it, never a reason to pass it over.
"""

import os
import pathlib
import re
import shutil
import subprocess

from built_programs import ROOT

BUILD = ROOT / "build/clients"
HERE = pathlib.Path(__file__).parent
INSTALL_SECONDS = 180
ATTEMPTS = 3
# Debian's, as for pytest itself: the clients bring compiled modules, which know released versions of CPython only.
PYTHON = "/usr/bin/python3"
OLDEST_GO = (1, 19)


class NotInstalled(Exception):
    """A package could not be had."""


def run(command, what, **options):
    """Runs a step of an install until it succeeds."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=INSTALL_SECONDS, **options)
            if done.returncode == 0:
                return
            output = done.stdout.decode(errors="replace")[-2000:]
        except subprocess.TimeoutExpired:
            output = f"not done after {INSTALL_SECONDS} s"
    raise NotInstalled(f"{what} could not be installed in {ATTEMPTS} attempts: {' '.join(map(str, command))}\n{output}")


def installed(what, install):
    """Directory of a package; install(directory) fills it the first time."""
    directory = BUILD / re.sub(r"[^\w.=-]+", "-", what).strip("-")
    stamp = directory / ".installed"
    if not stamp.is_file():
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        install(directory)
        stamp.touch()
    return directory


def debian_packages(name):
    """What a list in tools/ names."""
    run([ROOT / "tools/install", ROOT / "tools" / name], f"what tools/{name} lists")


def python(*requirements):
    """bin directory of a virtual environment that has these packages."""
    def install(directory):
        debian_packages("packages-clients.txt")
        run([PYTHON, "-m", "venv", directory], "a virtual environment")
        run([directory / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:", *requirements],
            " ".join(requirements))

    return installed("python " + " ".join(requirements), install) / "bin"


def node(requirement):
    """Directory whose node_modules has this package."""
    def install(directory):
        (directory / "package.json").write_text('{"private": true}\n')
        run(["npm", "install", "--silent", "--no-audit", "--no-fund", requirement], requirement, cwd=directory)

    return installed("node " + requirement, install)


def go():
    """The go command: one that is there, or else Debian's."""
    def version_of(path):
        found = re.search(r"go(\d+)\.(\d+)", subprocess.run([path, "version"], capture_output=True, text=True).stdout)
        return tuple(map(int, found.groups())) if found else (0, 0)

    path = shutil.which("go")
    if path is None or version_of(path) < OLDEST_GO:
        debian_packages("packages-go.txt")
        path = shutil.which("go")
    if path is None or version_of(path) < OLDEST_GO:
        raise NotInstalled(f"there is no go of version {OLDEST_GO[0]}.{OLDEST_GO[1]} or later, which the Go clients need")
    return path


def go_program(name):
    """Path of a program built from go/NAME, with the versions that go/go.mod pins."""
    output = BUILD / "go" / name
    environment = {**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly -buildvcs=false"}
    run([go(), "build", "-o", output, "./" + name], f"the modules of {name}", cwd=HERE / "go", env=environment)
    return output
