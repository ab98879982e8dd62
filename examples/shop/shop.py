#!/usr/bin/env python3
"""A small web shop, to be profiled: one request burns CPU in foo() and bar(), as a page of a real shop would.

Version 2 is version 1 with a cheaper foo(); nothing else differs. The shop also keeps its own account of the CPU time spent
in foo() and bar(), by the kernel's clock of the thread, so that a profile can be held against it:

    GET /         one page: foo() and bar(), ROUNDS times
    GET /stats    the account so far, as JSON; SIGTERM ends the shop and prints it once more
"""

import argparse
import contextlib
import json
import os
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FOO_COST = {1: 300_000, 2: 32_000}  # by version
BAR_COST = 100_000
# A page takes more than a tenth of a second in version 1, so that HTTP is one percent of it on a quiet machine: the story is
# about foo and bar. Where a host takes away pages of memory that nobody touched for a while, HTTP can be eight percent.
ROUNDS = 14

foo_cost = FOO_COST[1]


def work(n):
    i = 0
    while i < n:
        i += 1


def foo():
    work(foo_cost)


def bar():
    work(BAR_COST)


class Account:
    """CPU time by function over all threads of the shop."""

    def __init__(self):
        self._lock = threading.Lock()
        self._born = time.monotonic()
        self._served = 0
        self._foo_seconds = 0.0
        self._bar_seconds = 0.0

    def add(self, foo_seconds, bar_seconds):
        with self._lock:
            self._served += 1
            self._foo_seconds += foo_seconds
            self._bar_seconds += bar_seconds

    def to_json(self):
        with self._lock:
            return json.dumps({
                "served": self._served,
                "foo_seconds": self._foo_seconds,
                "bar_seconds": self._bar_seconds,
                "process_seconds": time.process_time(),
                "lived_seconds": time.monotonic() - self._born,
            })


account = Account()


class Shop(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections open
    disable_nagle_algorithm = True  # else every second answer waits for the peer's delayed ACK

    def do_GET(self):
        if self.path == "/stats":
            self.answer("application/json", account.to_json())
        elif self.path == "/":
            self.page()
        else:
            self.send_error(404)

    def page(self):
        # The clock is read here and not in a wrapper, so that foo and bar are called by page and by nothing else.
        foo_seconds = bar_seconds = 0.0
        for _ in range(ROUNDS):
            before_foo = time.thread_time()
            foo()
            before_bar = time.thread_time()
            bar()
            after_bar = time.thread_time()
            foo_seconds += before_bar - before_foo
            bar_seconds += after_bar - before_bar
        account.add(foo_seconds, bar_seconds)
        self.answer("text/plain", "Thank you for your order.\n")

    def answer(self, content_type, text):
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        pass


def main():
    global foo_cost
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--version", type=int, choices=sorted(FOO_COST), default=1)
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 takes a free one (default)")
    arguments = parser.parse_args()
    foo_cost = FOO_COST[arguments.version]

    with ThreadingHTTPServer(("127.0.0.1", arguments.port), Shop) as server:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # raises KeyboardInterrupt
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to whoever started the shop, which then ends it
        print(json.dumps({"url": f"http://127.0.0.1:{server.server_port}", "pid": os.getpid()}), flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever(poll_interval=3600)  # nothing to poll for
    print(account.to_json(), flush=True)


if __name__ == "__main__":
    main()
