"""Forks children one after the other that each burn so much CPU and are waited for at once: short_lives.py COUNT SECONDS.

Begins with a line on standard input, answers with the CPU seconds of all of them, and ends with the input."""

import os
import sys
import time


def burn(seconds):
    until = time.process_time() + seconds
    while time.process_time() < until:
        sum(range(1000))


def main():
    count, seconds = int(sys.argv[1]), float(sys.argv[2])
    print("ready", flush=True)
    sys.stdin.readline()
    cpu_seconds = 0.0
    for _ in range(count):
        child = os.fork()
        if child == 0:
            burn(seconds)
            os._exit(0)
        usage = os.wait4(child, 0)[2]
        cpu_seconds += usage.ru_utime + usage.ru_stime
    print(cpu_seconds, flush=True)
    sys.stdin.readline()


main()
