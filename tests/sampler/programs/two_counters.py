"""Two threads count, so that one of them always waits for the GIL. Speaks as foo_bar.py does, without an account."""

import sys
import threading


def count():
    i = 0
    while True:
        i += 1


for _ in range(2):
    threading.Thread(target=count, daemon=True).start()
print("ready", flush=True)
for _ in sys.stdin:
    print("{}", flush=True)
