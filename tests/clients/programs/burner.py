"""Burns CPU in foo and bar until its input ends; says "running" first."""

import random
import sys
import threading
import time


def burn(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        sum(range(500))


def foo():
    burn(random.uniform(0.015, 0.045))


def bar():
    burn(random.uniform(0.005, 0.015))


over = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
print("running", flush=True)
while not over.is_set():
    foo()
    bar()
