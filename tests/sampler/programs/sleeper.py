"""Works in foo, then sleeps in wait, for ever, and keeps its own account of the CPU time of both.

    sleeper.py WORK_SECONDS SLEEP_SECONDS

Speaks as foo_bar.py does.
"""

import ctypes
import json
import sys
import threading
import time

PR_SET_TIMERSLACK = 29
WORK_SECONDS, SLEEP_SECONDS = map(float, sys.argv[1:])

rounds = 0
foo_seconds = 0.0
wait_seconds = 0.0  # a sleep costs some CPU, too: the way into the kernel and back


def foo(steps):
    i = 0
    while i < steps:
        i += 1


def wait():
    time.sleep(SLEEP_SECONDS)


def answer():
    for _ in sys.stdin:
        print(json.dumps({"rounds": rounds, "foo_seconds": foo_seconds, "wait_seconds": wait_seconds}), flush=True)


def steps_of_foo():
    steps = 100_000
    before = time.thread_time()
    foo(steps)
    return round(steps * WORK_SECONDS / (time.thread_time() - before))


def main():
    global rounds, foo_seconds, wait_seconds
    ctypes.CDLL(None).prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0)  # else a sleep may be 50 us longer than it is to be
    foo(1000)  # lets the interpreter specialize it
    steps = steps_of_foo()
    answers = threading.Thread(target=answer, daemon=True)
    answers.start()
    print("ready", flush=True)
    while answers.is_alive():
        before_foo = time.thread_time()
        foo(steps)
        before_wait = time.thread_time()
        wait()
        after_wait = time.thread_time()
        rounds += 1
        foo_seconds += before_wait - before_foo
        wait_seconds += after_wait - before_wait


if __name__ == "__main__":
    main()
