"""C functions called from Python that call Python again: sorted(), map(), re.sub(), a __lt__ below sorted()."""

import re

from ready import run

NUMBERS = list(range(100))
WORDS = re.compile(r"\w+")


def sort_key(number):
    return -number


def sort():
    sorted(NUMBERS, key=sort_key)


def mapped(number):
    return number + 1


def map_all():
    list(map(mapped, NUMBERS))


def replacement(match):
    return match.group(0).upper()


def substitute():
    WORDS.sub(replacement, "one two three four five six seven eight nine ten")


class Ordered(object):  # for 2.7
    def __init__(self, number):
        self.number = number

    def __lt__(self, other):
        return self.number < other.number


ORDERED = [Ordered(number * 37 % 100) for number in NUMBERS]


def compare():
    sorted(ORDERED)


def main():
    sort()
    map_all()
    substitute()
    compare()


run(main)
