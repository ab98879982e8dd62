"""Threads that fight for the GIL, one that holds none, one that sleeps.

Two threads count in pure Python, so that one of them always waits; one hashes large blocks, which releases the GIL; one waits
for an event that never comes. Tells the CPU time of each by the kernel's clock.
"""

import hashlib
import json
import sys
import threading
import time

BLOCK = bytes(8 << 20)

account = {}


def count():
    i = 0
    while i < 200_000:
        i += 1


def first_counter():
    while True:
        count()
        account["first_seconds"] = time.clock_gettime(time.CLOCK_THREAD_CPUTIME_ID)


def second_counter():
    while True:
        count()
        account["second_seconds"] = time.clock_gettime(time.CLOCK_THREAD_CPUTIME_ID)


def hasher():
    while True:
        hashlib.sha256(BLOCK).digest()
        account["hasher_seconds"] = time.clock_gettime(time.CLOCK_THREAD_CPUTIME_ID)


def sleeper():
    threading.Event().wait()


with_hasher = "hash" in sys.argv[1:]
for function in (first_counter, second_counter, sleeper) + ((hasher,) if with_hasher else ()):
    account[f"{function.__name__}_started"] = 1.0
    threading.Thread(target=function, daemon=True).start()
account.update(first_seconds=0.0, second_seconds=0.0, hasher_seconds=0.0)
print("ready", flush=True)
for _ in sys.stdin:
    print(json.dumps(dict(account)), flush=True)
