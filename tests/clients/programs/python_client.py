"""A Python server that pushes itself: foo and bar burn CPU, in turn under one tag and another. Ends when its input does.

Arguments: the server's URL, the service's name, and whatever else this version of pyroscope-io is configured with, in JSON.
"""

import json
import random
import sys
import threading
import time

import pyroscope

kept = []


def burn(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        sum(range(500))


def foo():
    burn(random.uniform(0.015, 0.045))


def bar():
    kept.append(bytearray(1_000_000))
    burn(random.uniform(0.005, 0.015))
    if len(kept) > 20:
        kept.clear()


def main():
    url, service, options = sys.argv[1:]
    pyroscope.configure(application_name=service, server_address=url, tags={"region": "eu"}, **json.loads(options))
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    while not over.is_set():
        for endpoint in ("/left", "/right"):
            with pyroscope.tag_wrapper({"endpoint": endpoint}):
                foo()
                bar()
    pyroscope.shutdown()


main()
