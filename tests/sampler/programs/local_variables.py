"""Waits in functions whose local variables are known: plain ones, cells, free variables, a generator's."""

import collections
import sys

Point = collections.namedtuple("Point", "x y")


class Request:
    pass


def plain(number, *rest, flag=True, **named):
    big, huge, negative, real = 2 ** 90, 1 << 200, -12, 1e16
    text, wide, long_text = "it's\n", "\u00fcber \u4e16\u754c", "x" * 1000
    data, nothing, request = b"\x00ab", None, Request()
    point, items, table = Point(1, 2), list(range(100)), {"key": [1.5, (None,)]}
    several, frozen, none = {7}, frozenset(), set()
    unset = 1
    del unset
    enclosing(several)


def enclosing(kept):
    own = "in a cell"
    later = None

    def enclosed():
        seen = kept, own
        next(generator(len(seen)))
        later

    enclosed()


def generator(count):
    inside = count + 1
    wait()
    yield inside


def wait():
    print("ready", flush=True)
    sys.stdin.read()


plain(1, 2, 3, flag=False, a=1)
