"""Twenty processes, of which one works at a time, for some milliseconds, and then wakes the next. The first one speaks as foo_bar.py does,
without an account, and all end with its input."""

import os
import sys
import threading
import time

PROCESSES = 20
BUSY_SECONDS = 0.005


def work():
    end = time.thread_time() + BUSY_SECONDS
    while time.thread_time() < end:
        sum(range(100))


def answer():
    for _ in sys.stdin:
        print("{}", flush=True)
    os._exit(0)  # which closes the pipes, and so ends the others one after the other


pipes = [os.pipe() for _ in range(PROCESSES)]
place = 0
for number in range(1, PROCESSES):
    if os.fork() == 0:
        place = number
        break
come_in, give_on = pipes[place][0], pipes[(place + 1) % PROCESSES][1]
for ends in pipes:
    for end in ends:
        if end not in (come_in, give_on):
            os.close(end)
if place == 0:
    threading.Thread(target=answer, daemon=True).start()
    print("ready", flush=True)
    os.write(give_on, b"x")
while os.read(come_in, 1):
    work()
    try:
        os.write(give_on, b"x")
    except BrokenPipeError:
        break
