"""Processes that do not last: forks children that work and end one after the other, then executes itself, for ever.

Says "ready" and answers each line as foo_bar.py does, with the number of children so far.
"""

import json
import os
import select
import sys
import time

CHILD_SECONDS = 0.02
CHILDREN_PER_EXEC = 20


def burn(seconds):
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        sum(range(1000))


def in_child():
    burn(CHILD_SECONDS)


def in_parent():
    burn(CHILD_SECONDS)


children = int(sys.argv[1]) if len(sys.argv) > 1 else 0
if children == 0:
    print("ready", flush=True)
for _ in range(CHILDREN_PER_EXEC):
    child = os.fork()
    if child == 0:
        in_child()
        os._exit(0)
    in_parent()
    os.waitpid(child, 0)
    children += 1
    if select.select([sys.stdin], [], [], 0)[0]:
        if not os.read(0, 1):
            sys.exit()
        print(json.dumps({"children": children}), flush=True)
os.execv(sys.executable, [sys.executable, __file__, str(children)])
