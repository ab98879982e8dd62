"""Threads that fight for the GIL, one that holds none, one that sleeps.

Two threads count in pure Python, so that one of them always waits; one hashes large blocks, which releases the GIL; one waits
for an event that never comes. Tells the CPU time of each by the kernel's clock.
"""

import functools
import hashlib
import json
import sys
import threading
import time

BLOCK = bytes(bytearray(8 << 20))

account = {}

# 2.7 has no clock of the thread, but one of the process.
cpu_seconds = (functools.partial(time.clock_gettime, time.CLOCK_THREAD_CPUTIME_ID) if hasattr(time, "clock_gettime")
               else time.clock)


def say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def count():
    i = 0
    while i < 200000:
        i += 1


def first_counter():
    while True:
        count()
        account["first_seconds"] = cpu_seconds()


def second_counter():
    while True:
        count()
        account["second_seconds"] = cpu_seconds()


def hasher():
    while True:
        hashlib.sha256(BLOCK).digest()
        account["hasher_seconds"] = cpu_seconds()


def sleeper():
    threading.Event().wait()


with_hasher = "hash" in sys.argv[1:]
for function in (first_counter, second_counter, sleeper) + ((hasher,) if with_hasher else ()):
    account[function.__name__ + "_started"] = 1.0
    thread = threading.Thread(target=function)
    thread.daemon = True
    thread.start()
account.update(first_seconds=0.0, second_seconds=0.0, hasher_seconds=0.0)
say("ready")
for _ in iter(sys.stdin.readline, ""):
    say(json.dumps(dict(account)))
