"""Forks children one after the other, which burn CPU time and are reaped at once: of some nobody sees that they were there. Speaks as
foo_bar.py does; cpu_seconds is its own CPU time and that of all children that have ended, by the kernel's account."""

import json
import os
import resource
import sys
import threading
import time

CHILD_SECONDS = (0.004, 0.03, 0.1)


def burn(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        sum(range(100))


def cpu_seconds():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in used)


def answer():
    for _ in sys.stdin:
        print(json.dumps({"cpu_seconds": cpu_seconds()}), flush=True)
    os._exit(0)


print("ready", flush=True)
threading.Thread(target=answer, daemon=True).start()
while True:
    for seconds in CHILD_SECONDS:
        child = os.fork()
        if child == 0:
            burn(seconds)
            os._exit(0)
        os.waitpid(child, 0)
