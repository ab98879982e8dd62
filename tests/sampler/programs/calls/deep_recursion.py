"""Goes down 150 calls, f0 to f149, and up again, for ever; work on the way is done in a function that all of them call."""

from ready import run

DEPTH = 150


def work():
    return sum((1, 2, 3))


for level in range(DEPTH):
    deeper = "f{}()".format(level + 1) if level + 1 < DEPTH else "pass"
    exec("def f{}():\n work()\n {}\n work()".format(level, deeper))

run(f0)  # noqa: F821: made above
