#!/usr/bin/env python3
"""Sends requests to the shop at a fixed rate, whatever the shop does with them (an open loop).

    load.py calibrate URL --cores 0.875      at which rate does the shop take that many cores?   {"rate": 6.4, ...}
    load.py run URL --rate 6.4 --requests 384                                                  {"served": 384, ...}

The result is one line of JSON on standard output; progress goes to standard error.
"""

import argparse
import http.client
import json
import sys
import threading
import time
import urllib.parse

# A shop that answers in time needs one; the others catch up when the machine was busy elsewhere for a while.
CONNECTIONS = 4
TIMEOUT_SECONDS = 30
PROGRESS_SECONDS = 5

# Calibration: a first guess from a burst, then rounds at the rate that all rounds so far ask for, until one more changes it
# little. The mean over the rounds is taken because on a shared machine a single one is some percent off.
FIRST_RATE = 1000
FIRST_REQUESTS = 8
ROUND_SECONDS = 3  # some twenty requests
MAX_ROUNDS = 5
SAME_RATE = 0.01


class Schedule:
    """Request i is due at start + i / rate; any connection may take it."""

    def __init__(self, rate, requests):
        self._lock = threading.Lock()
        self._rate = rate
        self._requests = requests
        self._next = 0
        self._start = time.monotonic()

    def take(self):
        """When the next request is due, by time.monotonic(); None when there is none left."""
        with self._lock:
            if self._next == self._requests:
                return None
            self._next += 1
            return self._start + (self._next - 1) / self._rate


class Tally:
    """What became of the requests; one for all connections."""

    def __init__(self):
        self._lock = threading.Lock()
        self.sent = 0
        self.served = 0
        self.errors = 0
        self.latest_seconds = 0.0  # how long after it was due the latest answer came

    def add(self, served, late_seconds):
        with self._lock:
            self.sent += 1
            self.served += served
            self.errors += not served
            self.latest_seconds = max(self.latest_seconds, late_seconds)


def get(connection, path):
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise http.client.HTTPException(f"GET {path}: {response.status} {response.reason}")
    return body


def serve_schedule(host, schedule, tally):
    connection = http.client.HTTPConnection(host, timeout=TIMEOUT_SECONDS)
    while (due := schedule.take()) is not None:
        time.sleep(max(0.0, due - time.monotonic()))
        try:
            get(connection, "/")
            served = True
        except (OSError, http.client.HTTPException) as error:
            print(f"load: {error}", file=sys.stderr)
            connection.close()  # the next request opens it again
            served = False
        tally.add(served, time.monotonic() - due)
    connection.close()


def run(host, rate, requests, progress=None):
    """Sends all requests and returns their Tally. `progress` is called with it every few seconds."""
    schedule = Schedule(rate, requests)
    tally = Tally()
    connections = [threading.Thread(target=serve_schedule, args=(host, schedule, tally), daemon=True)
                   for _ in range(CONNECTIONS)]
    for connection in connections:
        connection.start()
    report_at = time.monotonic() + PROGRESS_SECONDS
    for connection in connections:
        while connection.is_alive():
            connection.join(max(0.0, report_at - time.monotonic()))
            if time.monotonic() >= report_at:
                report_at += PROGRESS_SECONDS
                if progress:
                    progress(tally)
    return tally


def stats(host):
    connection = http.client.HTTPConnection(host, timeout=TIMEOUT_SECONDS)
    try:
        return json.loads(get(connection, "/stats"))
    finally:
        connection.close()


def cost(host, rate, requests):
    """(requests served, CPU seconds the shop took for them)"""
    before = stats(host)
    run(host, rate, requests)
    after = stats(host)
    return after["served"] - before["served"], after["process_seconds"] - before["process_seconds"]


def calibrate(host, cores):
    """The rate at which the shop takes `cores`, found under load: an idle machine has another speed than a busy one."""
    served, cpu_seconds = cost(host, FIRST_RATE, FIRST_REQUESTS)
    rate = cores * served / cpu_seconds
    all_served = all_cpu_seconds = 0
    for _ in range(MAX_ROUNDS):
        served, cpu_seconds = cost(host, rate, round(rate * ROUND_SECONDS))
        print(f"load: {rate:.2f} requests/s take {rate * cpu_seconds / served:.3f} cores", file=sys.stderr)
        all_served += served
        all_cpu_seconds += cpu_seconds
        tried, rate = rate, cores * all_served / all_cpu_seconds
        if abs(rate / tried - 1) < SAME_RATE:
            break
    return {"rate": rate, "cpu_seconds_per_request": cores / rate}


def print_progress(tally, requests):
    print(f"load: {tally.served} of {requests} requests served", file=sys.stderr)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    calibrate_command = commands.add_parser("calibrate", help="find the rate at which the shop takes so much CPU")
    calibrate_command.add_argument("url")
    calibrate_command.add_argument("--cores", type=float, default=0.875, help="default: 0.875")
    run_command = commands.add_parser("run", help="send requests and count what is served")
    run_command.add_argument("url")
    run_command.add_argument("--rate", type=float, required=True, help="requests a second")
    run_command.add_argument("--requests", type=int, required=True)
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    host = urllib.parse.urlsplit(arguments.url).netloc
    if arguments.command == "calibrate":
        print(json.dumps(calibrate(host, arguments.cores)))
        return 0
    tally = run(host, arguments.rate, arguments.requests,
                progress=lambda tally: print_progress(tally, arguments.requests))
    print(json.dumps({"rate": arguments.rate, "sent": tally.sent, "served": tally.served, "errors": tally.errors,
                      "latest_seconds": round(tally.latest_seconds, 3)}))
    return 0 if tally.errors == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
