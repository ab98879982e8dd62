"""foo_bar.py with Pyroscope's client inside, which samples it at RATE and pushes to URL: pyroscope_inside.py URL RATE FOO_BAR"""

import importlib.util
import json
import sys
import threading
import time

import pyroscope

url, rate, path = sys.argv[1:]
spec = importlib.util.spec_from_file_location("foo_bar", path)
foo_bar = importlib.util.module_from_spec(spec)
spec.loader.exec_module(foo_bar)
main_thread = threading.main_thread().ident


def answer():
    """The account as foo_bar.py keeps it, and the CPU time of all threads and of the one that works."""
    clock = time.pthread_getcpuclockid(main_thread)
    for _ in sys.stdin:
        print(json.dumps({"rounds": foo_bar.rounds, "foo_seconds": foo_bar.foo_seconds, "bar_seconds": foo_bar.bar_seconds,
                          "process_seconds": time.process_time(), "work_seconds": time.clock_gettime(clock)}), flush=True)


foo_bar.answer = answer
pyroscope.configure(application_name="bench", server_address=url, sample_rate=int(rate), oncpu=True, gil_only=False)
foo_bar.main()
