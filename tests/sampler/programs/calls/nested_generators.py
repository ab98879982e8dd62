"""Generators in generators: by for, by yield from, and by next() out of a function that a generator calls."""

import sys

from ready import run

if sys.version_info >= (3,):
    from python_3.nested_generators import consume_delegated

LENGTH = 20


def inner():
    for i in range(LENGTH):
        yield i


def middle():
    for i in inner():
        yield i


def outer():
    for i in middle():
        yield i


def consume():
    for _ in outer():
        pass


def pulled():
    for i in range(LENGTH):
        yield i


def pull(source):
    return next(source, None)


def puller():
    source = pulled()
    while pull(source) is not None:
        yield


def consume_pulled():
    for _ in puller():
        pass


def main():
    consume()
    if sys.version_info >= (3,):
        consume_delegated()
    consume_pulled()


run(main)
