"""Works in steps of 10 ms by the clock: foo for the first three, bar for the next three, then it sleeps until the next step.

Speaks as foo_bar.py does; tells the CPU time of both by the kernel's clock.
"""

import json
import sys
import threading
import time

PERIOD_SECONDS = 0.010
WORK_SECONDS = 0.003

account = {"foo_seconds": 0.0, "bar_seconds": 0.0, "steps": 0}


def work(until):
    while time.perf_counter() < until:
        pass


def foo(until):
    work(until)


def bar(until):
    work(until)


def steps():
    start = time.perf_counter()
    while True:
        before = time.thread_time()
        foo(start + WORK_SECONDS)
        middle = time.thread_time()
        bar(start + 2 * WORK_SECONDS)
        after = time.thread_time()
        account["foo_seconds"] += middle - before
        account["bar_seconds"] += after - middle
        account["steps"] += 1
        start += PERIOD_SECONDS
        time.sleep(max(0, start - time.perf_counter()))


threading.Thread(target=steps, daemon=True).start()
print("ready", flush=True)
for _ in sys.stdin:
    print(json.dumps(account), flush=True)
