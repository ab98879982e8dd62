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


def numbers(value):
    """A repeated number: packed, or one of its elements."""
    if isinstance(value, int):
        return [value]
    out, at = [], 0
    while at < len(value):
        one, at = varint(value, at)
        out.append(one)
    return out


class Sample:
    """Function names, values and labels."""

    def __init__(self, data, functions_of, strings):
        self.functions, self.values, self.labels = set(), [], {}
        for number, value in fields(data):
            if number == 1:
                for location in numbers(value):
                    self.functions.update(functions_of[location])
            elif number == 2:
                self.values += numbers(value)
            elif number == 3:
                label = dict(fields(value))
                self.labels[strings[label[1]]] = strings[label.get(2, 0)]


def is_called(function, name):
    """Node's functions are file:name:line, Go's package.name."""
    return name in function.replace(".", ":").split(":")


def has_function(sample, name):
    return any(is_called(function, name) for function in sample.functions)


class Pprof:
    """Sample types and samples of a pprof."""

    def __init__(self, data):
        parts = collections.defaultdict(list)
        for number, value in fields(unpacked(data)):
            parts[number].append(value)
        strings = [text.decode() for text in parts[6]]
        functions = {function[1]: strings[function.get(2, 0)] for function in map(dict, map(fields, parts[5]))}
        functions_of = {}
        for location in parts[4]:
            lines = [dict(fields(value)) for number, value in fields(location) if number == 4]
            functions_of[dict(fields(location))[1]] = [functions[line[1]] for line in lines]
        self.types = [tuple(strings[kind.get(part, 0)] for part in (1, 2)) for kind in map(dict, map(fields, parts[1]))]
        self.samples = [Sample(data, functions_of, strings) for data in parts[2]]
        self.start_ns, self.duration_ns = (next(iter(parts[number]), 0) for number in (9, 10))

    def sums(self, picks=lambda sample: True):
        """By sample type, of the samples that `picks` takes."""
        picked = [sample.values for sample in self.samples if picks(sample)]
        return collections.Counter({kind: sum(values[i] for values in picked) for i, kind in enumerate(self.types)})


def parts_of(request):
    """A form's parts by name."""
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    form = email.message_from_bytes(head + request.body)
    return {part.get_param("name", header="content-disposition"): part.get_payload(decode=True)
            for part in form.get_payload()}


def profiles_of(request):
    """(service, Pprof) of each profile in a request to Push or /ingest. A time that a pprof lacks is that of the request."""
    body = gzip.decompress(request.body) if request.headers.get("Content-Encoding") == "gzip" else request.body
    if request.path == "/ingest":
        is_form = request.headers.get("Content-Type", "").startswith("multipart/form-data")
        pprof = Pprof(parts_of(request)["profile"] if is_form else body)
        begin, end = (int(request.parameters[name]) for name in ("from", "until"))
        unit = 10**9 if begin < 10**10 else 1
        pprof.start_ns = pprof.start_ns or begin * unit
        pprof.duration_ns = pprof.duration_ns or (end - begin) * unit
        yield request.parameters["name"].split("{")[0], pprof
        return
    assert request.path == "/push.v1.PusherService/Push", request.path
    for _, series in fields(body):
        labels = [dict(fields(value)) for number, value in fields(series) if number == 1]
        names = {label[1].decode(): label.get(2, b"").decode() for label in labels}
        for number, sample in fields(series):
            if number == 2:
                yield names["service_name"], Pprof(dict(fields(sample))[1])


def sums(requests, picks=lambda sample: True):
    """{service: {(sample type, unit): sum}} of all requests together, of the samples that `picks` takes."""
    totals = collections.defaultdict(collections.Counter)
    for request in requests:
        for service, pprof in profiles_of(request):
            totals[service].update(pprof.sums(picks))
    return totals


def is_gauge(kind):
    return kind[0].startswith("inuse_") or kind[0] == "goroutine"


def gauges(requests):
    """{service: {(sample type, unit): mean}}: of each set of labels the mean over the 10 s that its profiles cover, added up."""
    looks = collections.defaultdict(list)
    for request in requests:
        for service, pprof in profiles_of(request):
            last_ns = pprof.start_ns + max(pprof.duration_ns - 1, 0)
            buckets = last_ns // 10**10 - pprof.start_ns // 10**10 + 1
            for labels in {frozenset(sample.labels.items()) for sample in pprof.samples} or {frozenset()}:
                found = pprof.sums(lambda sample: frozenset(sample.labels.items()) == labels)
                for kind in filter(is_gauge, pprof.types):
                    looks[service, kind, labels] += [found[kind]] * buckets
    means = collections.defaultdict(collections.Counter)
    for (service, kind, _), values in looks.items():
        means[service][kind] += (2 * sum(values) + len(values)) // (2 * len(values))
    return means
