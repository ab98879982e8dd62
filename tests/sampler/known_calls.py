"""Which stacks the programs of programs/calls/ can have, so that impossible and cut ones can be counted; for tests and the bench."""

import collections
import pathlib
import re

PROGRAMS = pathlib.Path(__file__).parent / "programs" / "calls"
LOCATION = re.compile(r" \((.*):\d+\)$")

DEPTH, THREAD_DEPTH = 150, 20
MAIN = ["<module>", "run", "main"]
THREAD = ["Thread._bootstrap", "Thread._bootstrap_inner", "Thread.run", "live_shortly"]
BEFORE_3_11 = [name.removeprefix("Thread.") for name in THREAD]  # there, names are not qualified
IN_2_7 = ["__bootstrap", "__bootstrap_inner", "run", "live_shortly"]
LOOP = ["<module>", "run", "Runner.run", "BaseEventLoop.run_until_complete", "BaseEventLoop.run_forever",
        "BaseEventLoop._run_once", "Handle._run"]
LOOP_BEFORE_3_11 = ["<module>", "run", "run_until_complete", "run_forever", "_run_once", "_run"]
LOOP_3_6 = ["<module>", *LOOP_BEFORE_3_11[2:]]


def caller_and(callees):
    """{caller: its callees} -> the pairs"""
    return {(caller, callee) for caller, names in callees.items() for callee in names.split()}


GENERATORS = caller_and({
    "main": "consume consume_delegated consume_pulled", "consume": "outer", "outer": "middle", "middle": "inner",
    "consume_delegated": "delegate_more", "delegate_more": "delegate", "delegate": "delegated",
    "consume_pulled": "puller", "puller": "pull pulled", "pull": "pulled"})  # `pulled` is called by one, resumed by the other
C_CALLS = caller_and({
    "main": "sort map_all substitute compare", "sort": "sort_key", "map_all": "mapped", "substitute": "replacement",
    "compare": "Ordered.__lt__ __lt__"})
COROUTINES = caller_and({"handle": "answer", "answer": "compute parse"})


def pairs(names):
    return zip(names, names[1:])


def starts_and_calls(start, calls):
    """Goes down `start`, and from there only by known calls."""
    def check(names):
        head = names[:len(start)]
        return head == start[:len(head)] and all(pair in calls for pair in pairs(names[len(head) - 1:]))
    return check


def goes_down(*chains):
    return lambda names: any(names == chain[:len(names)] for chain in chains)


def churns(names):
    calls = [name for name in names if name.startswith("call_")]
    return names == ["<module>", "run"][:len(names)] + calls and calls[:1] in ([], ["call_"]) and all(
        len(callee) == len(caller) + 1 and callee.startswith(caller) for caller, callee in pairs(calls))


def recurses(names):
    chain = [f"f{level}" for level in range(DEPTH)]
    start, rest = names[:2], names[2:]
    if rest and rest[-1] == "work":
        rest = rest[:-1]
    return start == ["<module>", "run"][:len(start)] and rest == chain[:len(rest)]


def serves(names):
    own = [name for name in names if name in ("handle", "answer", "compute", "parse", "ask")]
    # The loop itself calls much besides.
    starts = [loop + own[:1] if own else loop[:-1] for loop in (LOOP, LOOP_BEFORE_3_11, LOOP_3_6)]
    return any(names[:len(start)] == start[:len(names)] for start in starts) and all(pair in COROUTINES for pair in pairs(own))


def starts_threads(names):
    """The library calls much before and behind Thread.run, and its weak references call back from anywhere."""
    own = [name for name in names if re.fullmatch(r"live_shortly|t\d+", name)]
    if not own:
        return names[0] in ("<module>", THREAD[0], BEFORE_3_11[0], IN_2_7[0])
    down = ["live_shortly", *(f"t{level}" for level in range(THREAD_DEPTH))]
    return goes_down(*(thread + down[1:] for thread in (THREAD, BEFORE_3_11, IN_2_7)))(names)


POSSIBLE = {
    "deep_recursion": recurses,
    "call_churn": churns,
    "nested_generators": starts_and_calls(MAIN, GENERATORS),
    "asyncio_server": serves,
    "short_threads": starts_threads,
    "c_calls": starts_and_calls(MAIN, C_CALLS),
    "half_stable": goes_down(*(thread[:3] + ["work"] + chain for thread in (THREAD, BEFORE_3_11, IN_2_7)
                               for chain in (["steps_for", "stable"], ["stable"], ["churn", "branch", "leaf"]))),
}

# What phlox says instead of names that it does not know for certain.
MARKS = ("[moving]", "[incomplete]", "[unreadable]", "[replaced code]")

Count = collections.namedtuple("Count", "samples marked impossible")  # impossible: {stack: samples}


def count_stacks(folded):
    """{program: Count} of folded stacks whose frames say their files and whose values are numbers of samples."""
    samples, marked, impossible = collections.Counter(), collections.Counter(), {name: collections.Counter() for name in POSSIBLE}
    for line in folded.splitlines():
        stack, _, value = line.rpartition(" ")
        frames = stack.split(";")
        files = {pathlib.Path(at[1]).stem for at in map(LOCATION.search, frames) if at}
        names = [LOCATION.sub("", frame) for frame in frames if frame != "<gc>"]  # may run anywhere
        for program in files & POSSIBLE.keys() or {None}:
            samples[program] += int(value)
            if any(name in MARKS for name in names):
                marked[program] += int(value)
            elif program and not POSSIBLE[program](names):
                impossible[program][";".join(names)] += int(value)
    return {program: Count(samples[program], marked[program], impossible.get(program, {})) for program in samples}
