"""A WSGI application whose requests spend their time in one function."""


def handle_request():
    i = 0
    while i < 200_000:
        i += 1


def application(environ, start_response):
    handle_request()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"done\n"]
