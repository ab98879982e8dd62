"""Native code called from Python, and Python called from native code: native.py LIBRARY, which is native_code.c.

One thread goes round through calls whose graph is known; one packs and one hashes, both without the GIL; one has the kernel fill
memory. Tells the CPU time of each, and of the rounds' parts, by the kernel's clock.
"""

import ctypes
import functools
import hashlib
import json
import sys
import threading
import time
import zlib

BLOCK = b"".join(b"%d %d\n" % (i, i * i) for i in range(20_000))
NUMBERS = list(range(300))
STEPS = 300_000

account = dict.fromkeys(["packer_seconds", "hasher_seconds", "reader_seconds", "burn_in_c_seconds", "python_seconds"], 0.0)
library = ctypes.CDLL(sys.argv[1])
library.outer_burn.argtypes = [ctypes.c_ulong]
library.outer_burn.restype = ctypes.c_ulong


def cpu_seconds():
    return time.clock_gettime(time.CLOCK_THREAD_CPUTIME_ID)


def packer():
    while True:
        zlib.compress(BLOCK)
        account["packer_seconds"] = cpu_seconds()


def hasher():
    while True:
        hashlib.sha256(BLOCK).digest()
        account["hasher_seconds"] = cpu_seconds()


def reader():
    with open("/dev/zero", "rb", buffering=0) as zeros:
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
    library.call_outer(called_back, 2_000)


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
    threading.Thread(target=function, daemon=True).start()
while min(account.values()) == 0.0:
    time.sleep(0.01)
print("ready", flush=True)
for _ in sys.stdin:
    print(json.dumps(account), flush=True)
