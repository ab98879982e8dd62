"""Runs foo and bar by turns for ever, each on the CPU, and keeps its own account of them.

Says "ready" on standard output; for each line on standard input it answers with the account as one line of JSON, and it ends
with the input.
"""

import json
import sys
import threading
import time

# 0.6 and 0.2 ms: a round is shorter than the 1 ms between two samples, so that hardly two samples fall into one.
ROUND_SECONDS = 0.0008
FOO_STEPS_PER_BAR_STEP = 3

rounds = 0
foo_seconds = 0.0
bar_seconds = 0.0


def work(n):
    i = 0
    while i < n:
        i += 1


def foo(steps):
    work(steps)


def bar(steps):
    work(steps)


def answer():
    for _ in sys.stdin:
        print(json.dumps({"rounds": rounds, "foo_seconds": foo_seconds, "bar_seconds": bar_seconds}), flush=True)


def steps_of_bar():
    steps = 100_000
    before = time.clock_gettime(time.CLOCK_THREAD_CPUTIME_ID)
    work(steps)
    seconds = time.clock_gettime(time.CLOCK_THREAD_CPUTIME_ID) - before
    return round(steps * ROUND_SECONDS / (1 + FOO_STEPS_PER_BAR_STEP) / seconds)


def main():
    global rounds, foo_seconds, bar_seconds
    work(1000)  # lets the interpreter specialize it
    steps = steps_of_bar()
    answers = threading.Thread(target=answer, daemon=True)
    answers.start()
    print("ready", flush=True)
    while answers.is_alive():
        before_foo = time.clock_gettime(time.CLOCK_THREAD_CPUTIME_ID)
        foo(FOO_STEPS_PER_BAR_STEP * steps)
        before_bar = time.clock_gettime(time.CLOCK_THREAD_CPUTIME_ID)
        bar(steps)
        after_bar = time.clock_gettime(time.CLOCK_THREAD_CPUTIME_ID)
        rounds += 1
        foo_seconds += before_bar - before_foo
        bar_seconds += after_bar - before_bar


if __name__ == "__main__":
    main()
