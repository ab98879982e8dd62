"""Threads that live for some milliseconds, one after the other, as a server has them that starts one a request. Says "ready"; answers
and ends as foo_bar.py does."""

import json
import sys
import threading
import time

BUSY_SECONDS = 0.006

finished = 0


def request():
    end = time.thread_time() + BUSY_SECONDS
    while time.thread_time() < end:
        sum(range(100))


def answer():
    for _ in sys.stdin:
        print(json.dumps({"finished": finished}), flush=True)


def main():
    global finished
    server = threading.Thread(target=answer)
    server.start()
    print("ready", flush=True)
    while server.is_alive():
        thread = threading.Thread(target=request)
        thread.start()
        thread.join()
        finished += 1


main()
