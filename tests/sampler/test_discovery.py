"""Interpreters in unusual places: other namespaces, other programs, stripped files, versions that nobody knows yet."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

END_SECONDS = 30
PRINT = "import sys; sys.stdout.write('ready\\n'); sys.stdout.flush()"
# Says when it is there, then waits in a function whose name can be looked for.
WAIT = f"def wait_here():\n    {PRINT}\n    sys.stdin.read()\nwait_here()"
PIPES = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make namespaces")


def ready(process):
    assert process.stdout.readline() == "ready\n"
    return process


def dump(phlox, pid):
    return subprocess.run([phlox, "dump", "--pid", str(pid), "--format", "json"], capture_output=True, text=True,
                          timeout=END_SECONDS)


def functions(phlox, pid):
    result = dump(phlox, pid)
    assert result.returncode == 0, result.stderr
    return [frame["function"] for thread in json.loads(result.stdout) for frame in thread["frames"]]


@as_root
def test_another_pid_and_mount_namespace(phlox, start, python, tmp_path):
    # Inside, an empty folder lies over the test's own, and the process has number 1.
    process = start("unshare", "--pid", "--fork", "--mount", "--mount-proc", "sh", "-c",
                    'mount -t tmpfs none "$1" && exec "$2" -c "$3"', "sh", tmp_path, python, WAIT, **PIPES)
    ready(process)
    child = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0]
    assert functions(phlox, int(child)) == ["wait_here", "<module>"]


def test_a_forked_child(phlox, start, python):
    code = f"import os, sys\ndef in_child():\n    {PRINT}\n    sys.stdin.read()\nif os.fork() == 0:\n    in_child()\nos.wait()"
    process = ready(start(python, "-c", code, **PIPES))
    child = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0]
    assert functions(phlox, int(child)) == ["in_child", "<module>"]


# As uWSGI makes its workers: Python in the child believes that it is the parent, with all its threads.
FORK_IN_C = """
import ctypes, os, sys, threading, time
def in_child():
    sys.stdout.write("ready\\n")
    sys.stdout.flush()
    while os.getppid() == parent:
        pass
sleeper = threading.Thread(target=time.sleep, args=(1000,))
sleeper.daemon = True
sleeper.start()
parent = os.getpid()
if ctypes.PyDLL(None).fork() == 0:
    in_child()
    os._exit(0)
os.wait()
"""


def test_a_child_forked_without_a_word_to_python(phlox, start, engine, python, tmp_path):
    process = ready(start(python, "-c", FORK_IN_C, **PIPES))
    child = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0]
    assert functions(phlox, int(child)) == ["in_child", "<module>"]
    output = tmp_path / "profile.folded"
    subprocess.run([phlox, "record", "--engine", engine, "--pid", child, "--duration", "1s", "--output", output], check=True,
                   capture_output=True, timeout=END_SECONDS)
    stacks = output.read_text()
    assert "in_child (" in stacks and "[native" not in stacks


EMBEDDING = """
#include <Python.h>
int main(int argc, char** argv) {
  Py_Initialize();
  return PyRun_SimpleString(argv[1]);
}
"""


@pytest.fixture
def embedding_program(python, tmp_path):
    """A program of another name with this Python in it."""
    query = ("import sysconfig; v = sysconfig.get_config_var; print(sysconfig.get_path('include')); print(v('LIBDIR'));"
             "print(v('LDLIBRARY')); print(v('Py_ENABLE_SHARED') or 0)")
    include, libdir, library, shared = subprocess.check_output([python, "-c", query], text=True).splitlines()
    if shared != "1" or not pathlib.Path(include, "Python.h").exists() or not pathlib.Path(libdir, library).exists():
        pytest.skip("no headers or no shared library of this Python")
    source, program = tmp_path / "embeds.c", tmp_path / "embeds"
    source.write_text(EMBEDDING)
    subprocess.run(["gcc", f"-I{include}", source, "-o", program, f"{libdir}/{library}", f"-Wl,-rpath,{libdir}"], check=True)
    prefix = subprocess.check_output([python, "-c", "import sys; print(sys.prefix)"], text=True).strip()
    return program, {**os.environ, "PYTHONHOME": prefix}


def test_an_embedded_interpreter(phlox, start, embedding_program):
    program, environment = embedding_program
    process = ready(start(program, WAIT, env=environment, **PIPES))
    assert functions(phlox, process.pid) == ["wait_here", "<module>"]


@pytest.mark.parametrize("is_stripped", [False, True], ids=["whole", "stripped"])
def test_an_interpreter_that_is_linked_statically(phlox, start, python, tmp_path, is_stripped):
    query = ("import sys, sysconfig; v = sysconfig.get_config_var; print(sysconfig.get_path('include')); print(v('LIBPL'));"
             "print(v('LIBRARY')); print(v('LIBS') + ' ' + v('SYSLIBS')); print(sys.prefix)")
    include, directory, library, libraries, prefix = subprocess.check_output([python, "-c", query], text=True).splitlines()
    if not re.search(r"=> \S*/libpython", subprocess.check_output(["ldd", python], text=True)):
        pytest.skip("its program is one")
    if not pathlib.Path(include, "Python.h").exists() or not pathlib.Path(directory, library).exists():
        pytest.skip("no headers or no static library of this Python")
    source, program = tmp_path / "embeds.c", tmp_path / "embeds"
    source.write_text(EMBEDDING)
    subprocess.run(["gcc", "-pthread", "-no-pie", f"-I{include}", *(["-s"] if is_stripped else []), source, "-o", program,
                    pathlib.Path(directory, library), "-Wl,--export-dynamic", *libraries.split()], check=True)
    process = ready(start(program, WAIT, env={**os.environ, "PYTHONHOME": prefix}, **PIPES))
    assert functions(phlox, process.pid) == ["wait_here", "<module>"]


def copy_of(python, directory):
    """A copy of the interpreter that can be changed, and the file that holds it: the program or its shared library."""
    program = pathlib.Path(shutil.copy(python, directory))
    libraries = re.findall(r"=> (\S*/libpython\d\S*)", subprocess.check_output(["ldd", python], text=True))
    environment = {**os.environ, "LD_LIBRARY_PATH": str(directory), "PYTHONHOME": str(pathlib.Path(python).parents[1])}
    return program, pathlib.Path(shutil.copy(libraries[0], directory)) if libraries else program, environment


def test_a_stripped_file(phlox, start, python, tmp_path):
    program, image, environment = copy_of(python, tmp_path)
    # The one of python-build-standalone is stripped already, and laid out so that strip destroys it.
    if ".symtab" in subprocess.check_output(["readelf", "--sections", "--wide", image], text=True):
        subprocess.run(["strip", image], check=True)
    process = ready(start(program, "-c", WAIT, env=environment, **PIPES))
    assert functions(phlox, process.pid) == ["wait_here", "<module>"]


def claim_to_be_3_19(image):
    """Changes the variable Py_Version."""
    line = next(line for line in subprocess.check_output(["readelf", "--dyn-syms", "--wide", image], text=True).splitlines()
                if line.endswith(" Py_Version"))
    address = int(line.split()[1], 16)
    headers = subprocess.check_output(["readelf", "--segments", "--wide", image], text=True)
    loads = [[int(field, 16) for field in line.split()[1:5]] for line in headers.splitlines() if line.split()[:1] == ["LOAD"]]
    offset = next(at + address - virtual for at, virtual, _, size in loads if virtual <= address < virtual + size)
    content = bytearray(image.read_bytes())
    assert content[offset + 3] == 3
    content[offset + 2] = 19
    image.write_bytes(content)


def test_a_version_to_come_is_tried_with_the_newest_layout(phlox, start, python, tmp_path, request):
    version = tuple(map(int, request.node.callspec.id.split(".")))
    if version < (3, 12):
        pytest.skip("too unlike")
    program, image, environment = copy_of(python, tmp_path)
    claim_to_be_3_19(image)
    process = ready(start(program, "-c", WAIT, env=environment, **PIPES))
    result = dump(phlox, process.pid)
    if version >= (3, 14):
        assert functions(phlox, process.pid) == ["wait_here", "<module>"]
    else:
        assert result.returncode == 1
        assert "CPython 3.19" in result.stderr and "phlox samples CPython 2.7 and 3.6 to" in result.stderr


def test_an_old_version_is_refused(phlox, start, python, tmp_path, request):
    version = request.node.callspec.id
    if not version.startswith(("2.7.", "3.6.")):
        pytest.skip("the version before it is sampled")
    program, image, environment = copy_of(python, tmp_path)
    older = version.replace("2.7.", "2.6.").replace("3.6.", "3.5.")
    image.write_bytes(image.read_bytes().replace(f"{version}\0".encode(), f"{older}\0".encode()))
    process = ready(start(program, "-c", WAIT, env=environment, **PIPES))
    result = dump(phlox, process.pid)
    assert result.returncode == 1
    assert f"CPython {older}; phlox samples CPython 2.7 and 3.6 to" in result.stderr


def test_a_free_threaded_build_is_refused(phlox, start, python, tmp_path, request):
    if tuple(map(int, request.node.callspec.id.split("."))) < (3, 13):
        pytest.skip("there are none")
    program, image, environment = copy_of(python, tmp_path)
    # _Py_DebugOffsets begins with a cookie, the version, and whether the build is free-threaded: which is all that phlox looks at.
    version = int(subprocess.check_output([python, "-c", "import sys; print(sys.hexversion)"]))
    begins = b"xdebugpy" + version.to_bytes(8, "little")
    content = bytearray(image.read_bytes())
    at = content.index(begins) + len(begins)
    assert content[at:at + 8] == bytes(8)
    content[at] = 1
    image.write_bytes(content)
    process = ready(start(program, "-c", WAIT, env=environment, **PIPES))
    result = dump(phlox, process.pid)
    assert result.returncode == 1
    assert "a free-threaded build of CPython" in result.stderr and "use the default build" in result.stderr
