"""Half the time one frame stands still, half the time calls come and go. Tells its own account of both, by the kernel's clock."""

import functools
import json
import sys
import threading
import time

from ready import say, say_ready

SECONDS = 0.004

account = {"stable_seconds": 0.0, "churn_seconds": 0.0, "rounds": 0}

# 2.7 has no clock of the thread, but one of the process.
cpu_seconds = (functools.partial(time.clock_gettime, time.CLOCK_THREAD_CPUTIME_ID) if hasattr(time, "clock_gettime")
               else time.clock)


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
        start = cpu_seconds()
        function(steps)
        seconds = cpu_seconds() - start
        if seconds > SECONDS / 2:
            return int(steps * SECONDS / seconds)
        steps *= 2


def work():
    stable_steps, churn_steps = steps_for(stable), steps_for(churn)
    say_ready()
    while True:
        start = cpu_seconds()
        stable(stable_steps)
        middle = cpu_seconds()
        churn(churn_steps)
        end = cpu_seconds()
        account["stable_seconds"] += middle - start
        account["churn_seconds"] += end - middle
        account["rounds"] += 1


thread = threading.Thread(target=work)
thread.daemon = True
thread.start()
for _ in iter(sys.stdin.readline, ""):
    say(json.dumps(account))
