"""Threads that start, call functions 20 deep for some milliseconds, and end; always two at a time."""

import threading
import time

from ready import run

SECONDS = 0.01
DEPTH = 20

seconds_now = getattr(time, "monotonic", None) or time.time  # before 3.3

for level in range(DEPTH):
    deeper = "t{}()".format(level + 1) if level + 1 < DEPTH else "pass"
    exec("def t{}():\n {}".format(level, deeper))


def live_shortly():
    end = seconds_now() + SECONDS
    while seconds_now() < end:
        t0()  # noqa: F821: made above


def main():
    threads = [threading.Thread(target=live_shortly) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


run(main)
