"""The page in a real browser, on data whose every number is known: tests/browser/generated."""

import os
import subprocess
import time

import page_data
from built_programs import ROOT

RANGE_S = 600


def test_the_page_shows_what_was_pushed(start_server, tmp_path):
    start_s = int(time.time()) // RANGE_S * RANGE_S - 3600
    phlox_server = start_server("--source-dir", page_data.sources(tmp_path / "sources"))
    page_data.fill(phlox_server, start_s)
    done = subprocess.run(
        ["npm", "--prefix", str(ROOT / "web"), "run", "--silent", "test:browser"],
        env=os.environ | {
            "PHLOX_DATA": "generated",
            "PHLOX_URL": phlox_server.url,
            "PHLOX_FROM": str(start_s * 1000),
            "PHLOX_UNTIL": str((start_s + RANGE_S) * 1000),
            "PHLOX_SCREENSHOTS": str(ROOT / "build/screenshots/generated"),
        },
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
