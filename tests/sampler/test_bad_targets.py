"""What cannot be sampled is refused with exit code 1 and a sentence that says why; what ends early is recorded until then."""

import os
import pwd
import re
import shutil
import subprocess
import tempfile

import pytest

SECONDS = 30
END_SECONDS = 20  # to notice what is wrong: long before the recording would be over


def record(phlox, pid, **options):
    """(result of phlox record, what it wrote)"""
    with tempfile.NamedTemporaryFile() as output:
        os.chmod(output.name, 0o666)  # for a phlox that runs as somebody else
        result = subprocess.run([phlox, "record", "--pid", str(pid), "--duration", f"{SECONDS}s", "--format", "folded",
                                 "--output", output.name], capture_output=True, text=True, timeout=END_SECONDS, **options)
        return result, output.read().decode()


def assert_refused(phlox, pid, reason, **options):
    result, written = record(phlox, pid, **options)
    assert (result.returncode, written) == (1, "")
    assert re.search(reason, result.stderr, re.IGNORECASE), result.stderr
    assert str(pid) in result.stderr


def test_no_such_process(phlox, start):
    ended = start("true")
    ended.wait()
    assert_refused(phlox, ended.pid, "no (such )?process")


def test_not_python(phlox, start):
    assert_refused(phlox, start("sleep", "1000").pid, "not a python")


def test_unsupported_version(phlox, start, unsupported_python):
    code = "import sys; sys.stdout.write('%d.%d\\n' % sys.version_info[:2]); sys.stdout.flush(); sys.stdin.read()"
    target = start(unsupported_python, "-c", code, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    version = target.stdout.readline().strip()
    assert_refused(phlox, target.pid, re.escape(version))


def test_target_that_ends_is_recorded_until_then(phlox, start, newest_python):
    target = start(newest_python, "-c", "import time\nwhile time.process_time() < 2: pass")
    result, written = record(phlox, target.pid)
    assert result.returncode == 0
    assert "ended early" in result.stderr
    assert "<module>" in written


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_process_of_somebody_else(phlox, start_program, newest_python):
    nobody = pwd.getpwnam("nobody")
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        copy = shutil.copy(phlox, directory)  # the build directory may be closed to others
        assert_refused(copy, start_program(newest_python, "foo_bar.py").pid, "permission|permitted",
                       user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[], cwd="/")
