"""All clients that push by themselves, side by side against one server."""

import collections
import json
import os
import pathlib
import subprocess
import time

import packages
import sent
from tee import Tee

HERE = pathlib.Path(__file__).parent
CPU = ("cpu", "nanoseconds")
# So much CPU of foo and of bar has each client sent when it is looked at: ten samples at 100 Hz.
ENOUGH_CPU_NS = 100_000_000
# Far more than a machine that does little else takes (some 15 s): the clients of Python push every 10 s, and each needs its turn.
DEADLINE_S = 300
END_S = 60
# For how long the fleet runs at least: seconds; PHLOX_FLEET_SECONDS=300 is the rehearsal before a release.
AT_LEAST_S = float(os.environ.get("PHLOX_FLEET_SECONDS", 45))


class Client:
    """A program that pushes its own profiles."""

    def __init__(self, name, service, command, environment=None):
        self.name, self.service, self.command = name, service, command
        self.environment = {**os.environ, **(environment or {})}
        self.process = None

    def start(self, url, directory):
        self.log = directory / (self.service + ".log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([word.format(url=url) for word in map(str, self.command)], stdin=subprocess.PIPE,
                                            stdout=log, stderr=log, env=self.environment)

    def end(self):
        self.process.stdin.close()
        assert self.process.wait(END_S) == 0, f"{self.name}: {self.log.read_text()}"

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(END_S)


def python_client(version, service, **options):
    interpreter = packages.python(f"pyroscope-io=={version}") / "python"
    # Braces of JSON are no places for the URL.
    text = json.dumps(options).replace("{", "{{").replace("}", "}}")
    return Client(f"pyroscope-io {version}", service, [interpreter, HERE / "programs/python_client.py", "{url}", service, text])


def node_client(version, service):
    directory = packages.node(f"@pyroscope/nodejs@{version}")
    return Client(f"@pyroscope/nodejs {version}", service, ["node", HERE / "programs/node_client.js", "{url}", service],
                  {"NODE_PATH": str(directory / "node_modules")})


def all_clients():
    return [
        python_client("1.4.0", "python-new", upload_interval=2, mem_enabled=True, mem_heap_sample_size=4096),
        python_client("0.8.11", "python-old"),
        node_client("0.6.4", "node-new"),
        node_client("0.4.13", "node-old"),
        Client("pyroscope-go 1.2.8", "go-service", [packages.go_program("pusher"), "{url}", "go-service"]),
    ]


class Fleet:
    """What was sent and what the server says, once all clients have ended."""

    def __init__(self, server, directory):
        self.server = server
        self.begin_ms = int(time.time() - 60) * 1000
        clients = all_clients()
        self.tee = Tee(server.url)
        try:
            for client in clients:
                client.start(self.tee.url, directory)
            self.wait_for(clients)
            for client in clients:
                client.end()
        finally:
            for client in clients:
                client.kill()
            self.tee.close()
        self.end_ms = int(time.time() + 60) * 1000
        self.sent = sent.sums(self.pushes())

    def pushes(self):
        return [request for request in self.tee.requests if request.status == 200]

    def wait_for(self, clients):
        """Until every client has sent enough CPU time of foo and of bar."""
        begin = time.monotonic()
        seen, totals = 0, collections.Counter()
        while True:
            pushes = self.pushes()
            for name in ("foo", "bar"):
                for service, sums in sent.sums(pushes[seen:], lambda sample: sent.has_function(sample, name)).items():
                    totals[service, name] += sums[CPU]
            seen = len(pushes)
            missing = [client.name for client in clients if min(totals[client.service, name] for name in ("foo", "bar")) < ENOUGH_CPU_NS]
            age = time.monotonic() - begin
            if not missing and age >= AT_LEAST_S:
                return
            ended = [client.log.read_text() for client in clients if client.process.poll() is not None]
            assert not ended, ended
            assert age < AT_LEAST_S + DEADLINE_S, f"too little was sent by {missing}: {self.refusals()}"
            time.sleep(0.2)

    def refusals(self):
        return [(request.path, request.status, request.answer) for request in self.tee.requests if request.status != 200]

    def call(self, method, **message):
        answer = self.server.call("querier.v1.QuerierService/" + method, start=self.begin_ms, end=self.end_ms, **message)
        assert answer.status == 200, answer.body
        return answer.json

    def profile_types(self, service):
        """Ids of the profile types that a service has."""
        found = self.call("Series", matchers=[f'{{service_name="{service}"}}'], labelNames=["__profile_type__"])
        return [labels["labels"][0]["value"] for labels in found["labelsSet"]]

    def profile(self, type, selector):
        answer = self.server.get("/api/v1/profile", type=type, selector=selector,
                                 **{"from": self.begin_ms, "until": self.end_ms})
        assert answer.status == 200, answer.body
        return answer.json

    def total(self, type, service):
        """Of the whole time as one."""
        answer = self.server.get("/api/v1/services", type=type, selector=f'{{service_name="{service}"}}',
                                 **{"from": self.begin_ms, "until": self.end_ms})
        assert answer.status == 200, answer.body
        return sum(int(row["total"]) for row in answer.json["services"])

    def points_sum(self, type, service):
        """Sum over the timeline. JSON of protobuf leaves out zeros."""
        found = self.call("SelectSeries", profileTypeID=type, labelSelector=f'{{service_name="{service}"}}', step=10)
        return sum(point.get("value", 0) for series in found.get("series", []) for point in series["points"])
