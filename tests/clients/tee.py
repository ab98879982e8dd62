"""Stands between clients and the server: passes every request on as it is, and keeps it, so that what was sent is known."""

import http.client
import http.server
import threading
import urllib.parse

TIMEOUT_S = 60
NOT_PASSED_ON = {"host", "connection", "content-length", "transfer-encoding", "date", "server"}


class Request:
    """One request and how the server answered it."""

    def __init__(self, path, headers, body, status, answer):
        self.path, _, query = path.partition("?")
        self.parameters = dict(urllib.parse.parse_qsl(query))
        self.headers, self.body, self.status, self.answer = headers, body, status, answer


class Tee:
    """Listens on a free port of its own; `url` is what clients are told."""

    def __init__(self, server_url):
        self.requests = []
        self.lock, self.under_way = threading.Condition(), 0
        host = urllib.parse.urlsplit(server_url).netloc
        tee = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle(self):
                try:
                    super().handle()
                except ConnectionError:
                    pass  # a client that ended: what it did not send whole was not passed on

            def pass_on(self):
                body = self.read_body()
                with tee.lock:
                    tee.under_way += 1
                try:
                    self.answer_with(self.ask_server(body))
                finally:
                    with tee.lock:
                        tee.under_way -= 1
                        tee.lock.notify_all()

            def ask_server(self, body):
                connection = http.client.HTTPConnection(host, timeout=TIMEOUT_S)
                headers = {name: value for name, value in self.headers.items() if name.lower() not in NOT_PASSED_ON}
                connection.request(self.command, self.path, body, headers)
                answer = connection.getresponse()
                content = answer.read()
                connection.close()
                tee.requests.append(Request(self.path, self.headers, body, answer.status, content))
                return answer, content

            def answer_with(self, answer_and_content):
                answer, content = answer_and_content
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in NOT_PASSED_ON:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = pass_on

            def read_body(self):
                if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                    return self.rfile.read(int(self.headers.get("Content-Length", 0)))
                body = b""
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body

            def log_message(self, *arguments):
                pass

        self.listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.listener.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.listener.server_port}"
        threading.Thread(target=self.listener.serve_forever, daemon=True).start()

    def close(self):
        """Once what is under way has reached the server."""
        with self.lock:
            assert self.lock.wait_for(lambda: self.under_way == 0, TIMEOUT_S)
        self.listener.shutdown()
        self.listener.server_close()
