"""A phlox-server of a test's own, and what a test says to it."""

import base64
import json
import pathlib
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

from built_programs import program

DEADLINE_S = 30


class Answer:
    """One HTTP answer."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)


class Server:
    """A phlox-server of its own on a free port."""

    def __init__(self, data, *options):
        self.data = pathlib.Path(data)
        self.options = options
        self.process = None
        self.url = None
        self.start()

    def start(self):
        self.log = self.data.with_name(self.data.name + ".log")
        command = [program("phlox-server"), "--data", str(self.data), *self.options]
        if "--listen" not in self.options:
            command += ["--listen", "127.0.0.1:0"]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, stderr=log)
        marker, grpc_marker = "phlox: listening on ", "phlox: gRPC on "
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            lines = self.log.read_text().splitlines()
            urls = [line[len(marker):] for line in lines if line.startswith(marker)]
            if urls:
                self.url = urls[0]
                self.grpc_address = next((line[len(grpc_marker):] for line in lines if line.startswith(grpc_marker)), None)
                return
            if self.process.poll() is not None:
                raise RuntimeError(f"phlox-server ended: {self.log.read_text()}")
            time.sleep(0.01)
        raise TimeoutError(self.log.read_text())

    def url_for(self, protocol):
        """For "connect" or "grpc", which needs the option --grpc-listen."""
        return self.url if protocol == "connect" else "http://" + self.grpc_address

    def stop(self):
        """SIGTERM; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE_S)

    def kill(self):
        self.process.kill()
        self.process.wait(DEADLINE_S)

    def restart(self):
        """Ends it if it runs, and starts it again on the same data; the port may change."""
        if self.process.poll() is None:
            self.stop()
        self.start()

    def request(self, method, path, body=None, **headers):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.url + path, data=body, method=method, headers=names)
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers, error.read())

    def get(self, path, **parameters):
        query = "?" + urllib.parse.urlencode(parameters) if parameters else ""
        return self.request("GET", path + query)

    def call(self, method, **message):
        """A Connect call in JSON: call("querier.v1.QuerierService/LabelNames", start=0)."""
        return self.request("POST", "/" + method, json.dumps(message).encode(), Content_Type="application/json")

    def push(self, pprof, id="", **labels):
        """One profile; __name__ and service_name have defaults."""
        all_labels = {"__name__": "process_cpu", "service_name": "shop", **labels}
        return self.call(
            "push.v1.PusherService/Push",
            series=[
                {
                    "labels": [{"name": n, "value": v} for n, v in all_labels.items()],
                    "samples": [{"rawProfile": base64.b64encode(pprof).decode(), "ID": id}],
                }
            ],
        )

    def metric(self, name):
        """Value of a metric without labels."""
        for line in self.get("/metrics").body.decode().splitlines():
            if line.startswith(name + " "):
                return float(line.split(" ")[1])
        raise KeyError(name)
