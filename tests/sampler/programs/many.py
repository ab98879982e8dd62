"""Forks so many children, which sleep until they are killed: many.py COUNT."""

import os
import signal
import sys

children = []
for _ in range(int(sys.argv[1])):
    child = os.fork()
    if child == 0:
        signal.pause()
        os._exit(0)
    children.append(child)
print("ready", flush=True)
sys.stdin.read()
for child in children:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
