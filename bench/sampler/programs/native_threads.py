"""Two threads that hash and compress outside the GIL, with their own account of the CPU time of each. Speaks as foo_bar.py does."""

import hashlib
import json
import os
import sys
import threading
import time
import zlib

BLOCK = os.urandom(1 << 16) * 4
account = {"foo_seconds": 0.0, "bar_seconds": 0.0}


def foo():  # one thread's work: hash
    hashlib.sha256(BLOCK).digest()


def bar():  # the other's: compress
    zlib.compress(BLOCK, 1)


def repeat(work, name):
    while True:
        before = time.thread_time()
        work()
        account[name] += time.thread_time() - before


for work, name in ((foo, "foo_seconds"), (bar, "bar_seconds")):
    threading.Thread(target=repeat, args=(work, name), daemon=True).start()
print("ready", flush=True)
for _ in sys.stdin:
    print(json.dumps(account), flush=True)
