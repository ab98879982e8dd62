"""Counts, then collects garbage, for ever; tells its own account of the CPU time of both, by the kernel's clock."""

import gc
import json
import sys
import threading
import time

COUNT_STEPS = 100_000

account = {"count_seconds": 0.0, "collect_seconds": 0.0, "rounds": 0}
kept = [[] for _ in range(100_000)]  # what each collection has to look at


def count():
    i = 0
    while i < COUNT_STEPS:
        i += 1


def collect():
    gc.collect()


def work():
    while True:
        start = time.thread_time()
        count()
        middle = time.thread_time()
        collect()
        end = time.thread_time()
        account["count_seconds"] += middle - start
        account["collect_seconds"] += end - middle
        account["rounds"] += 1


threading.Thread(target=work, daemon=True).start()
print("ready", flush=True)
for _ in sys.stdin:
    print(json.dumps(account), flush=True)
