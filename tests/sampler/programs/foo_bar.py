"""Runs foo and bar by turns for ever, each on the CPU, and keeps its own account of them.

Says "ready" on standard output; for each line on standard input it answers with the account as one line of JSON, and it ends
with the input.
"""

import functools
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

# 2.7 has no clock of the thread, but one of the process.
cpu_seconds = (functools.partial(time.clock_gettime, time.CLOCK_THREAD_CPUTIME_ID) if hasattr(time, "clock_gettime")
               else time.clock)


def say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def work(n):
    i = 0
    while i < n:
        i += 1


def foo(steps):
    work(steps)


def bar(steps):
    work(steps)


def answer():
    for _ in iter(sys.stdin.readline, ""):
        say(json.dumps({"rounds": rounds, "foo_seconds": foo_seconds, "bar_seconds": bar_seconds}))


def steps_of_bar():
    steps = 100000
    before = cpu_seconds()
    work(steps)
    seconds = cpu_seconds() - before
    return int(round(steps * ROUND_SECONDS / (1 + FOO_STEPS_PER_BAR_STEP) / seconds))


def main():
    global rounds, foo_seconds, bar_seconds
    work(1000)  # lets the interpreter specialize it
    steps = steps_of_bar()
    answers = threading.Thread(target=answer)
    answers.daemon = True
    answers.start()
    say("ready")
    while answers.is_alive():
        before_foo = cpu_seconds()
        foo(FOO_STEPS_PER_BAR_STEP * steps)
        before_bar = cpu_seconds()
        bar(steps)
        after_bar = cpu_seconds()
        rounds += 1
        foo_seconds += before_bar - before_foo
        bar_seconds += after_bar - before_bar


if __name__ == "__main__":
    main()
