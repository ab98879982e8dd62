"""One thread that runs code of the main interpreter and of another one by turns; from 3.12 on, one that was started in the other.

Each burns CPU time as long as it has the GIL and without it, in functions that are called otherwise in each interpreter, and tells
their CPU time by the kernel's clock. With an argument it waits instead, in the function `wait_here` of the other interpreter.
"""

import json
import os
import sys
import tempfile
import threading
import time

# For both interpreters. Rounds take some milliseconds.
BURN = """
import os, time, zlib
BLOCK = bytes(1 << 20)  # zlib lets go of the GIL

def count():
    i = 0
    while i < 10_000:
        i += 1

def checksum():
    zlib.crc32(BLOCK)

def timed(slot, function):
    before = time.clock_gettime_ns(time.CLOCK_THREAD_CPUTIME_ID)
    function()
    tell(slot, time.clock_gettime_ns(time.CLOCK_THREAD_CPUTIME_ID) - before)

def tell(slot, more):
    spent[slot] = spent.get(slot, 0) + more
    os.pwrite(shared, b"%20d" % spent[slot], 20 * slot)

spent = {}
"""
BURN_IN_OTHER = BURN + """
import threading

def count_in_other(): count()
def checksum_in_other(): checksum()
def count_in_thread(): count()
def checksum_in_thread(): checksum()

def run_thread():
    while True:
        timed(4, count_in_thread)
        timed(5, checksum_in_thread)
"""
WAIT_IN_OTHER = """
import sys
def wait_here():
    sys.stdin.read()
"""
ACCOUNT = ("count_in_main", "checksum_in_main", "count_in_other", "checksum_in_other", "count_in_thread", "checksum_in_thread",
           "rounds")
has_threads = sys.version_info >= (3, 12)  # before, other interpreters crash with them


def other_interpreter():
    """A function that runs code in it. From 3.12 on it has a GIL of its own."""
    if sys.version_info >= (3, 13):
        import _interpreters as interpreters
        run = interpreters.exec
    else:
        import _xxsubinterpreters as interpreters
        run = interpreters.run_string
    number = interpreters.create()
    return lambda code: run(number, code)


def count_in_main():
    count()


def checksum_in_main():
    checksum()


def answer():
    for _ in sys.stdin:
        values = os.pread(shared, 20 * len(ACCOUNT), 0)
        print(json.dumps({name: int(values[20 * i:20 * i + 20]) for i, name in enumerate(ACCOUNT)}), flush=True)


def main():
    run_in_other(f"shared = {shared}" + BURN_IN_OTHER)
    if has_threads:
        run_in_other("threading.Thread(target=run_thread).start()")
    answers = threading.Thread(target=answer, daemon=True)
    answers.start()
    print("ready", flush=True)
    while answers.is_alive():
        timed(0, count_in_main)
        timed(1, checksum_in_main)
        run_in_other("timed(2, count_in_other); timed(3, checksum_in_other)")
        tell(6, 1)
    os._exit(0)  # the thread of the other interpreter never ends


def wait():
    run_in_other(WAIT_IN_OTHER)
    print("ready", flush=True)
    run_in_other("wait_here()")


run_in_other = other_interpreter()
if "wait" in sys.argv[1:]:
    wait()
else:
    exec(BURN)
    file = tempfile.TemporaryFile(buffering=0)
    shared = file.fileno()
    os.pwrite(shared, b"0".rjust(20) * len(ACCOUNT), 0)
    main()
