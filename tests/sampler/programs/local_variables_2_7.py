# -*- coding: utf-8 -*-
"""As local_variables.py, with what CPython 2.7 has: numbers of two types, strings of bytes and of characters, classes of two kinds."""

import collections
import sys

Point = collections.namedtuple("Point", "x y")


class Request(object):
    pass


class Old:
    pass


def plain(number, (first, second), *rest, **named):
    small, big, huge, negative, real = -2 ** 62, 2 ** 90, 1 << 200, -12, 1e16
    text, encoded, wide, long_text = "it's\n", "\xc3\xbcber\0", u"\u4e16", "x" * 1000
    nothing, true, request, old = None, True, Request(), Old()
    point, items, table = Point(1, 2), list(range(100)), {"key": [1.5, (None,)]}
    emptied, large = {1: 2}, dict.fromkeys(range(1000))
    del emptied[1]
    several, none = set([7]), {}
    unset = 1
    del unset
    enclosing(7)


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
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()


plain(1L, ("a", "b"), 2, 3, a=1)
