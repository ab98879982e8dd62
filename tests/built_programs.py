"""Where the programs under test lie: build/release/bin, or the directory that PHLOX_PROGRAMS names."""

import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAMS = pathlib.Path(os.environ.get("PHLOX_PROGRAMS", ROOT / "build/release/bin")).absolute()


def program(name):
    """Path of a built program."""
    path = PROGRAMS / name
    assert path.is_file(), f"{path} is not there: run make build, or name another directory with PHLOX_PROGRAMS"
    return str(path)
