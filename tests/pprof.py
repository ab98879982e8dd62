"""pprof for tests, written by hand, so that it is not the code under test that writes it.

    pprof.encode("main;foo 75\\nmain;bar 25", start_ns=..., duration_ns=...)
"""


def varint(value):
    value &= (1 << 64) - 1  # negative numbers as protobuf writes them
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value)


def message(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data


def encode(folded, start_ns, duration_ns=10_000_000_000, sample_types=(("cpu", "nanoseconds"),), labels=None, lines=None):
    """Values of every sample type are the one in the text. `labels` go on every sample. `lines` says which function and line a
    word of the text stands for, {"foo3": ("foo", 3)}, and its file if it is not app.py; all others are a function of that name at line 10."""
    strings = [""]
    functions = {}
    out = bytearray()

    def string(text):
        if text not in strings:
            strings.append(text)
        return strings.index(text)

    def location(name):
        if name not in functions:
            functions[name] = len(functions) + 1
            one = functions[name]
            function, line, file = (*(lines or {}).get(name, (name, 10)), "app.py")[:3]
            out.extend(message(5, number(1, one) + number(2, string(function)) + number(4, string(file))))
            out.extend(message(4, number(1, one) + message(4, number(1, one) + number(2, line))))
        return functions[name]

    for kind, unit in sample_types:
        out.extend(message(1, number(1, string(kind)) + number(2, string(unit))))
    for line in folded.splitlines():
        stack, value = line.rsplit(" ", 1)
        ids = b"".join(varint(location(name)) for name in reversed(stack.split(";")))
        values = b"".join(varint(int(value)) for _ in sample_types)
        sample = message(1, ids) + message(2, values)
        for key, text in (labels or {}).items():
            sample += message(3, number(1, string(key)) + number(2, string(text)))
        out.extend(message(2, sample))
    out.extend(number(9, start_ns) + number(10, duration_ns))
    out.extend(message(11, number(1, string("cpu")) + number(2, string("nanoseconds"))))
    for text in strings:
        out.extend(message(6, text.encode()))
    return bytes(out)
