"""Calls small functions 6 to 9 deep and does nothing else. Each is named after its caller: `call_ab` is called by `call_a` only."""

from ready import run

MIN_DEPTH, MAX_DEPTH = 6, 9


def define(name):
    depth = len(name) - len("call_")
    # The left of each pair ends early on some of the levels.
    callees = [] if depth >= (MIN_DEPTH if name.endswith("aa") else MAX_DEPTH) else [name + "a", name + "b"]
    body = "".join(" {}()\n".format(callee) for callee in callees) or " pass\n"
    exec("def {}():\n{}".format(name, body), globals())
    for callee in callees:
        define(callee)


define("call_")
run(call_)  # noqa: F821: made above
