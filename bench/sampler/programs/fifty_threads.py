"""Fifty threads of which two are busy, one in foo and one in bar, and the others wait. Speaks as foo_bar.py does."""

import json
import sys
import threading
import time

IDLE_THREADS = 48
STEPS = 20_000
account = {"foo_seconds": 0.0, "bar_seconds": 0.0}


def work(n):
    i = 0
    while i < n:
        i += 1


def foo():
    work(STEPS)


def bar():
    work(STEPS)


def repeat(function, name):
    while True:
        before = time.thread_time()
        function()
        account[name] += time.thread_time() - before


never = threading.Event()
for _ in range(IDLE_THREADS):
    threading.Thread(target=never.wait, daemon=True).start()
for function, name in ((foo, "foo_seconds"), (bar, "bar_seconds")):
    threading.Thread(target=repeat, args=(function, name), daemon=True).start()
print("ready", flush=True)
for _ in sys.stdin:
    print(json.dumps(account), flush=True)
