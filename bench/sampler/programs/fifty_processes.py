"""Fifty processes of eight threads each; four of the processes are busy in one thread. Ends with its input; the first one speaks as
foo_bar.py does, without an account."""

import os
import sys
import threading

PROCESSES, THREADS, BUSY = 50, 8, 4


def live(busy):
    """Until the first process ends, which closes the other end of the pipe."""
    never = threading.Event()
    for _ in range(THREADS - 1):
        threading.Thread(target=never.wait, daemon=True).start()
    if busy:
        threading.Thread(target=lambda: os.read(parent_lives, 1) == b"" and os._exit(0), daemon=True).start()
        while True:
            sum(range(1000))
    os.read(parent_lives, 1)
    os._exit(0)


parent_lives, keep = os.pipe()
for number in range(1, PROCESSES):
    if os.fork() == 0:
        os.close(keep)
        live(number <= BUSY)
print("ready", flush=True)
for _ in sys.stdin:
    print("{}", flush=True)
