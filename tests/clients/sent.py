"""What a client's requests hold, read without any code of the server: sums by service, sample type and unit."""

import collections
import email
import gzip


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def fields(data):
    """(number, value) of each field of a protobuf message; a value is an int, or bytes."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        if tag & 7 == 0:
            value, at = varint(data, at)
        else:
            assert tag & 7 == 2, f"wire type {tag & 7}"
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        yield tag >> 3, value


def unpacked(data):
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


class Pprof:
    """Strings, sample types and samples of a pprof."""

    def __init__(self, data):
        self.strings, types, self.samples = [], [], []
        for number, value in fields(unpacked(data)):
            if number == 6:
                self.strings.append(value.decode())
            elif number == 1:
                types.append(dict(fields(value)))
            elif number == 2:
                self.samples.append(self.values_of(value))
        self.types = [tuple(self.strings[kind.get(part, 0)] for part in (1, 2)) for kind in types]

    @staticmethod
    def values_of(sample):
        values = []
        for number, value in fields(sample):
            if number == 2 and isinstance(value, int):
                values.append(value)
            elif number == 2:
                at = 0
                while at < len(value):
                    one, at = varint(value, at)
                    values.append(one)
        return values

    def sums(self):
        return collections.Counter({kind: sum(sample[i] for sample in self.samples) for i, kind in enumerate(self.types)})


def parts_of(request):
    """A form's parts by name."""
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    form = email.message_from_bytes(head + request.body)
    return {part.get_param("name", header="content-disposition"): part.get_payload(decode=True)
            for part in form.get_payload()}


def profiles_of(request):
    """(service, pprof) of each profile in a request to Push or /ingest."""
    body = gzip.decompress(request.body) if request.headers.get("Content-Encoding") == "gzip" else request.body
    if request.path == "/ingest":
        is_form = request.headers.get("Content-Type", "").startswith("multipart/form-data")
        yield request.parameters["name"].split("{")[0], parts_of(request)["profile"] if is_form else body
        return
    assert request.path == "/push.v1.PusherService/Push", request.path
    for _, series in fields(body):
        labels = [dict(fields(value)) for number, value in fields(series) if number == 1]
        names = {label[1].decode(): label.get(2, b"").decode() for label in labels}
        for number, sample in fields(series):
            if number == 2:
                yield names["service_name"], dict(fields(sample))[1]


def sums(requests):
    """{service: {(sample type, unit): sum}} of all requests together."""
    totals = collections.defaultdict(collections.Counter)
    for request in requests:
        for service, data in profiles_of(request):
            totals[service].update(Pprof(data).sums())
    return totals
