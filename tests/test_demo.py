"""`make demo ONCE=1` and, on the data that it leaves, the page in a real browser."""

import os
import pathlib
import shlex
import socket
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def free_address():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return "127.0.0.1:{}".format(probe.getsockname()[1])


def test_demo_tells_its_story_and_the_page_shows_it(phlox):
    browser = ["npm", "--prefix", str(ROOT / "web"), "run", "test:browser"]
    demo = subprocess.run(
        [sys.executable, ROOT / "examples/demo", "--once", "--programs", phlox.parent, "--listen", free_address(),
         "--then", shlex.join(browser)],
        env=os.environ | {"PHLOX_SCREENSHOTS": str(ROOT / "build/screenshots")},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert demo.returncode == 0, demo.stdout
