"""Native code called from Python, and Python called from native code: native.py LIBRARY, which is native_code.c.

One thread goes round through calls whose graph is known; one packs and one hashes, both without the GIL; one has the kernel fill
memory. Tells the CPU time of each, and of the rounds' parts, by the kernel's clock.
"""

import ctypes
import functools
import hashlib
import io
import json
import sys
import threading
import time
import zlib

BLOCK = b"".join(b"%d %d\n" % (i, i * i) for i in range(20000))
NUMBERS = list(range(300))
STEPS = 300000

account = dict.fromkeys(["packer_seconds", "hasher_seconds", "reader_seconds", "burn_in_c_seconds", "python_seconds"], 0.0)
library = ctypes.CDLL(sys.argv[1])
libc = ctypes.CDLL(None)
library.outer_burn.argtypes = [ctypes.c_ulong]
library.outer_burn.restype = ctypes.c_ulong


def say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def cpu_seconds():
    if hasattr(time, "clock_gettime"):
        return time.clock_gettime(time.CLOCK_THREAD_CPUTIME_ID)
    return cpu_seconds_of_2_7()


class Timespec(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]


def cpu_seconds_of_2_7():
    now = Timespec()
    libc.clock_gettime(3, ctypes.byref(now))  # CLOCK_THREAD_CPUTIME_ID
    return now.seconds + now.nanoseconds / 1e9


def packer():
    while True:
        zlib.compress(BLOCK)
        account["packer_seconds"] = cpu_seconds()


def hasher():
    while True:
        hashlib.sha256(BLOCK).digest()
        account["hasher_seconds"] = cpu_seconds()


def reader():
    with io.open("/dev/zero", "rb", buffering=0) as zeros:
        buffer = bytearray(4 << 20)
        while True:
            zeros.readinto(buffer)
            account["reader_seconds"] = cpu_seconds()


def work(n):
    i = 0
    while i < n:
        i += 1
    return i


def burn_in_c():
    library.outer_burn(STEPS)


@ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)
def called_back(value):
    return work(value)


def call_back():
    library.call_outer(called_back, 2000)


def sort_key(number):
    return work(number % 50)


def sort():
    sorted(NUMBERS, key=sort_key)


def reducer(so_far, number):
    return so_far + work(number % 50)


def reduce():
    functools.reduce(reducer, NUMBERS)


def nested_key(number):
    library.call_outer(called_back, 20)
    return number


def sort_nested():
    sorted(NUMBERS[:50], key=nested_key)


def rounds():
    while True:
        before = cpu_seconds()
        burn_in_c()
        between = cpu_seconds()
        call_back()
        sort()
        reduce()
        sort_nested()
        after = cpu_seconds()
        account["burn_in_c_seconds"] += between - before
        account["python_seconds"] += after - between


for function in (packer, hasher, reader, rounds):
    thread = threading.Thread(target=function)
    thread.daemon = True
    thread.start()
while min(account.values()) == 0.0:
    time.sleep(0.01)
say("ready")
for _ in iter(sys.stdin.readline, ""):
    say(json.dumps(account))
