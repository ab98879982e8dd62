"""Those of the other nested_generators.py that 2.7 cannot have; by that name they are counted together."""

LENGTH = 20


def delegated():
    for i in range(LENGTH):
        yield i


def delegate():
    yield from delegated()


def delegate_more():
    yield from delegate()


def consume_delegated():
    for _ in delegate_more():
        pass
