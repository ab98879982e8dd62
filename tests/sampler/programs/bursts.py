"""Answers "requests": early(), then late(), 0.75 ms of CPU each, then some sleep. Tells its own account of both, by the kernel's clock."""

import json
import random
import sys
import threading
import time

COST_SECONDS = 0.00075
SLEEP_SECONDS = (0.001, 0.003)

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
        account["early_seconds"] += middle - start
        account["late_seconds"] += end - middle
        account["bursts"] += 1
        time.sleep(random.uniform(*SLEEP_SECONDS))


threading.Thread(target=answer, args=(steps_for(COST_SECONDS),), daemon=True).start()
print("ready", flush=True)
for _ in sys.stdin:
    print(json.dumps(account), flush=True)
