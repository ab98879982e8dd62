"""Works some tens of microseconds in foo, then sleeps as long in nap, for ever. Speaks as foo_bar.py does; the account is the number of
rounds: what the kernel counts as CPU time of a nap is for the most part spent where nobody can look."""

import ctypes
import json
import sys
import threading
import time

PR_SET_TIMERSLACK = 29
WORK_SECONDS = 50e-6
NAP_SECONDS = 15e-6  # and what it takes to fall asleep and to wake up

rounds = 0


def foo(steps):
    i = 0
    while i < steps:
        i += 1


def nap():
    time.sleep(NAP_SECONDS)


def answer():
    for _ in sys.stdin:
        print(json.dumps({"rounds": rounds}), flush=True)


def steps_of_foo():
    steps = 100_000
    before = time.thread_time()
    foo(steps)
    return round(steps * WORK_SECONDS / (time.thread_time() - before))


def main():
    global rounds
    ctypes.CDLL(None).prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0)
    foo(1000)  # lets the interpreter specialize it
    steps = steps_of_foo()
    answers = threading.Thread(target=answer, daemon=True)
    answers.start()
    print("ready", flush=True)
    while answers.is_alive():
        foo(steps)
        nap()
        rounds += 1


if __name__ == "__main__":
    main()
