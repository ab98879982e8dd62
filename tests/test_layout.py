"""The rules of the tree that no compiler checks: which folder may include which, and what a source file looks like."""

import collections
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent

# The arrows. A folder includes itself and what stands here, and nothing else: `sampler` never sees `storage`, `storage` never
# sees `http`. CMake's DEPS lines are held against the same table.
ARROWS = {
    "base": set(),
    "profile": {"base"},
    "format": {"base", "profile"},
    "process": {"base"},
    "cpython": {"base", "profile", "process"},
    "native": {"base", "process"},
    "sampler": {"base", "profile", "process", "cpython", "native"},
    "http": {"base"},
    "push": {"base", "profile", "format", "http"},
    "proto": set(),
    "storage": {"base", "profile"},
    "query": {"base", "profile", "storage"},
    "web": set(),
    "api": {"base", "profile", "format", "http", "proto", "storage", "query", "web"},
    "rpc": {"base", "http"},
    "apps/phlox": {"base", "profile", "format", "process", "cpython", "sampler", "http", "push", "web"},
    "apps/phlox-server": {"base", "profile", "http", "storage", "query", "api", "rpc", "web"},
}
# Tests write stacks as folded text.
TEST_ARROWS = {"format"}

MAX_LINES = 500
SOURCE_SUFFIXES = {".cc", ".h", ".c", ".py", ".ts", ".tsx", ".css", ".html", ".cmake", ".sh", ".proto"}
BUILD_OUTPUT = re.compile(r"(^|/)(build|dist|node_modules|__pycache__)/|\.(o|a|so|pyc|pb\.h|pb\.cc)$")
# A path that exists on one machine only: somebody's home or working directory.
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(root|work|home/[a-z]\w*)/")

INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]', re.MULTILINE)
LIBRARY = re.compile(r"phlox_library\((\w+)([^)]*)\)")


def tracked():
    """Files of the repository, those not committed yet included."""
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True)
    if listing.returncode != 0:
        pytest.skip(f"not a checkout of git: {listing.stderr.strip()}")
    return [path for name in listing.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def name_of(path):
    return str(path.relative_to(ROOT))


def cxx_files():
    return [path for path in tracked() if path.suffix in {".cc", ".h"} and name_of(path).startswith(("src/", "apps/"))]


def folder_of(path):
    top, folder = path.relative_to(ROOT).parts[:2]
    return folder if top == "src" else f"{top}/{folder}"


def includes(path):
    """(quoted, what) of each #include, in order."""
    return [(quote == '"', what) for quote, what in INCLUDE.findall(path.read_text())]


def folder_included(what):
    """The folder of ours that an include leads to, or None: a library's header, or one that lies beside the file."""
    if what.endswith(".pb.h"):
        return "proto"
    folder = what.split("/")[0]
    return folder if "/" in what and folder in ARROWS else None


def is_test(path):
    return path.stem.endswith(("_test", "_fuzz", "_bench", "testing"))


def library_dependencies():
    """{folder: {keyword: folders}} of the phlox_library lines of src/."""
    dependencies = {}
    for lists in (ROOT / "src").glob("*/CMakeLists.txt"):
        for _, arguments in LIBRARY.findall(lists.read_text()):
            by_keyword = collections.defaultdict(set)
            keyword = None
            for word in arguments.split():
                if word.isupper():
                    keyword = word
                elif keyword:
                    by_keyword[keyword].add(word)
            dependencies[lists.parent.name] = by_keyword
    return dependencies


def test_every_folder_has_its_arrows():
    unknown = {folder_of(path) for path in cxx_files()} - set(ARROWS)
    assert not unknown, "add these folders to ARROWS"


def test_arrows_have_no_cycle():
    def reaches(start, folder):
        return any(start == below or reaches(start, below) for below in ARROWS[folder])

    assert not [folder for folder in ARROWS if reaches(folder, folder)]


def test_includes_follow_the_arrows():
    wrong = []
    for path in cxx_files():
        folder = folder_of(path)
        allowed = ARROWS[folder] | {folder} | (TEST_ARROWS if is_test(path) else set())
        wrong += [f"{name_of(path)} includes {what}" for quoted, what in includes(path)
                  if quoted and (included := folder_included(what)) and included not in allowed]
    assert not wrong


def test_cmake_follows_the_arrows():
    wrong = []
    for folder, by_keyword in library_dependencies().items():
        wrong += [f"src/{folder} links {dependency}" for dependency in by_keyword["DEPS"] - ARROWS[folder]]
        wrong += [f"tests of src/{folder} link {dependency}"
                  for dependency in by_keyword["TEST_DEPS"] - ARROWS[folder] - TEST_ARROWS]
    assert not wrong


def test_cmake_names_what_is_included():
    dependencies = library_dependencies()
    wrong = set()
    for path in cxx_files():
        folder = folder_of(path)
        if folder not in dependencies:
            continue  # programs are linked in another way; the table above holds for them
        linked = dependencies[folder]["DEPS"] | {folder}
        if is_test(path):
            linked |= dependencies[folder]["TEST_DEPS"] | {"base", "profile"}  # by way of those
        wrong |= {f"src/{folder} includes {included}/ and does not name it in DEPS" for quoted, what in includes(path)
                  if quoted and (included := folder_included(what)) and included not in linked}
    assert not wrong


def test_headers_are_guarded_by_pragma_once():
    assert not [name_of(path) for path in cxx_files()
                if path.suffix == ".h" and "\n#pragma once\n" not in "\n" + path.read_text()]


def test_own_header_comes_first():
    wrong = []
    for path in cxx_files():
        if path.suffix != ".cc" or not path.with_suffix(".h").exists():
            continue
        first = next((what for _, what in includes(path)), None)
        if not first or not f"/{name_of(path.with_suffix('.h'))}".endswith(f"/{first}"):
            wrong.append(f"{name_of(path)} includes {first} first")
    assert not wrong


def test_files_are_short():
    lengths = {name_of(path): path.read_bytes().count(b"\n") for path in tracked() if path.suffix in SOURCE_SUFFIXES}
    assert not {name: length for name, length in lengths.items() if length > MAX_LINES}


def test_no_build_output_is_tracked():
    assert not [name_of(path) for path in tracked() if BUILD_OUTPUT.search(name_of(path))]


def test_no_path_of_one_machine():
    wrong = []
    for path in tracked():
        content = path.read_bytes()
        if b"\0" in content:
            continue  # a picture or a recorded process
        wrong += [f"{name_of(path)}:{number}" for number, line in enumerate(content.decode(errors="replace").splitlines(), 1)
                  if MACHINE_PATH.search(line)]
    assert not wrong
