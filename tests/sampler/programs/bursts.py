"""Threads answer "requests": early(), then late(), as many ms of CPU each, then sleep for some ms. Tells its own account of both, by the
kernel's clock.

    bursts.py THREADS COST LEAST_SLEEP MOST_SLEEP
"""

import json
import random
import sys
import threading
import time

THREADS = int(sys.argv[1])
COST_SECONDS, *SLEEP_SECONDS = (float(milliseconds) / 1000 for milliseconds in sys.argv[2:])

counted = threading.Lock()
account = {"early_seconds": 0.0, "late_seconds": 0.0, "bursts": 0}


def work(steps):
    i = 0
    while i < steps:
        i += 1


def early(steps):
    work(steps)


def late(steps):
    work(steps)


def steps_for(seconds):
    steps = 10_000
    while True:
        start = time.thread_time()
        work(steps)
        taken = time.thread_time() - start
        if taken > seconds / 2:
            return int(steps * seconds / taken)
        steps *= 2


def answer(steps):
    while True:
        start = time.thread_time()
        early(steps)
        middle = time.thread_time()
        late(steps)
        end = time.thread_time()
        with counted:
            account["early_seconds"] += middle - start
            account["late_seconds"] += end - middle
            account["bursts"] += 1
        time.sleep(random.uniform(*SLEEP_SECONDS))


steps_of_each = steps_for(COST_SECONDS)
for _ in range(THREADS):
    threading.Thread(target=answer, args=(steps_of_each,), daemon=True).start()
print("ready", flush=True)
for _ in sys.stdin:
    print(json.dumps(account), flush=True)
