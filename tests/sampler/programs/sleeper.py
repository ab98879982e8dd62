"""Works 1 ms in foo, then sleeps 9 ms in a poll, for ever, and keeps its own account of the CPU time of both.

Speaks as foo_bar.py does.
"""

import json
import select
import sys
import threading
import time

WORK_SECONDS = 0.001
SLEEP_MS = 9

rounds = 0
foo_seconds = 0.0
wait_seconds = 0.0  # a sleep costs some CPU, too: the way into the kernel and back
nothing = select.poll()


def foo(steps):
    i = 0
    while i < steps:
        i += 1


def wait():
    nothing.poll(SLEEP_MS)


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
