"""Half the time one frame stands still, half the time calls come and go. Tells its own account of both, by the kernel's clock."""

import json
import sys
import threading
import time

SECONDS = 0.004

account = {"stable_seconds": 0.0, "churn_seconds": 0.0, "rounds": 0}


def stable(steps):
    i = 0
    while i < steps:
        i += 1


def leaf():
    pass


def branch():
    leaf()
    leaf()


def churn(steps):
    for _ in range(steps):
        branch()


def steps_for(function):
    steps = 1000
    while True:
        start = time.clock_gettime(time.CLOCK_THREAD_CPUTIME_ID)
        function(steps)
        seconds = time.clock_gettime(time.CLOCK_THREAD_CPUTIME_ID) - start
        if seconds > SECONDS / 2:
            return int(steps * SECONDS / seconds)
        steps *= 2


def work():
    stable_steps, churn_steps = steps_for(stable), steps_for(churn)
    print("ready", flush=True)
    while True:
        start = time.clock_gettime(time.CLOCK_THREAD_CPUTIME_ID)
        stable(stable_steps)
        middle = time.clock_gettime(time.CLOCK_THREAD_CPUTIME_ID)
        churn(churn_steps)
        end = time.clock_gettime(time.CLOCK_THREAD_CPUTIME_ID)
        account["stable_seconds"] += middle - start
        account["churn_seconds"] += end - middle
        account["rounds"] += 1


threading.Thread(target=work, daemon=True).start()
for _ in sys.stdin:
    print(json.dumps(account), flush=True)
