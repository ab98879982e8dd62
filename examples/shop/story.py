"""What the profiles of two versions of the shop say, held against the shop's own account and against what must come out.

A version as the demo measured it:

    {"from_ms", "until_ms",                                    when it ran
     "load":    {"served", "latest_seconds", ...}              what load.py counted
     "account": {"served", "foo_seconds", "bar_seconds", ...}  what the shop itself counted
     "profile": {"side": ..., "functions": ..., "table": ...}  GET /api/v1/profile}
"""

import dataclasses

BILL = 100_000  # dollars for the CPU of version 1

# The shop may fall so far behind the load before the demo speaks of it.
BEHIND_SECONDS = 1


@dataclasses.dataclass
class Version:
    served: int
    cores: float
    total_seconds: float
    process_seconds: float  # by the kernel's account
    lived_seconds: float
    by_phlox: dict  # function -> CPU seconds
    by_itself: dict

    def share(self, function):
        return self.by_phlox[function] / self.total_seconds

    def cores_of(self, function):
        return self.share(function) * self.cores

    def ratio(self, function):
        return self.by_phlox[function] / self.by_itself[function]

    def foo_and_bar(self):
        return self.by_phlox["foo"] + self.by_phlox["bar"]

    def cost_of_bar(self):
        return self.by_itself["bar"] / self.served


def version_of(measured):
    side, table = measured["profile"]["side"], measured["profile"]["table"]
    names = measured["profile"]["functions"]["name"]
    by_phlox = {"foo": 0.0, "bar": 0.0}
    for function, total in zip(table["function"], table["total"]):
        if names[function] in by_phlox:
            by_phlox[names[function]] += int(total) / 1e9
    total = int(side["total"])
    covered = int(side["covered_ns"])
    account = measured["account"]
    return Version(served=account["served"], cores=total / covered if covered else 0.0, total_seconds=total / 1e9,
                   process_seconds=account["process_seconds"], lived_seconds=account["lived_seconds"], by_phlox=by_phlox,
                   by_itself={name: account[f"{name}_seconds"] for name in by_phlox})


def change(before, after):
    return after / before - 1


@dataclasses.dataclass
class Savings:
    """What version 2 takes of what version 1 took, had the machine kept its speed.

    On a shared machine the same loop does not always take the same time. bar is the same loop in both versions, so what it
    takes in version 2, by the shop's own clock and a request, over what it took in version 1 is the machine's doing. That is
    taken out here, and only here: phlox, the page and the rest of the table show what was really spent.
    """
    slowdown: float
    total: float
    foo: float
    foo_and_bar: float

    def bill(self):
        return BILL * self.total


def savings(first, second):
    # In seconds, not in cores, for an equal number of requests: a shop that fell behind the load lived longer.
    slowdown = second.cost_of_bar() / first.cost_of_bar()
    return Savings(slowdown=slowdown, total=second.total_seconds / first.total_seconds / slowdown,
                   foo=second.by_phlox["foo"] / first.by_phlox["foo"] / slowdown,
                   foo_and_bar=second.foo_and_bar() / first.foo_and_bar() / slowdown)


def truth(first, second):
    """Version 2 over version 1 in cores, and foo's share, without phlox: what the page must show, whatever the machine did."""
    lived = second.lived_seconds / first.lived_seconds
    return {"total": second.process_seconds / first.process_seconds / lived,
            "foo": second.by_itself["foo"] / first.by_itself["foo"] / lived,
            "bar": second.by_itself["bar"] / first.by_itself["bar"] / lived,
            "share": first.by_itself["foo"] / first.process_seconds}


@dataclasses.dataclass
class Check:
    what: str
    value: float
    least: float
    most: float
    style: str = "{:+.1%}"

    def holds(self):
        return self.least <= self.value <= self.most

    def __str__(self):
        value, least, most = (self.style.format(number) for number in (self.value, self.least, self.most))
        return f"{self.what}: {value}, which should be from {least} to {most}"


def checks_of_profile(number, version):
    """What a right profile of a version says on any machine."""
    return [
        # 3 % are 3 sigmas of the 9,000 samples of bar, had they been drawn by lot; they are one in each millisecond.
        Check(f"bar in version {number}, phlox / the shop's own clock", version.ratio("bar"), 0.97, 1.03, "{:.3f}"),
        # phlox accounts for the shop from its first instant; the shop prints what the kernel says a little before its last.
        Check(f"total in version {number}, phlox / the kernel", version.total_seconds / version.process_seconds, 0.99, 1.02,
              "{:.3f}"),
    ]


def checks(first, second):
    """Arithmetic gives foo 300,000 of 400,000 steps, then 32,000 of 132,000: that holds on any machine. HTTP adds to both what
    the machine makes of it, one percent of version 1 or eight: of the whole only the shop's own account knows the truth."""
    saved = savings(first, second)
    return [
        *checks_of_profile(1, first),
        *checks_of_profile(2, second),
        Check("requests served, version 2 / version 1", second.served / first.served, 1, 1, "{:.4f}"),
        # 35,000 samples are good to 0.23 points (one sigma).
        Check("foo of foo and bar in version 1", first.by_phlox["foo"] / first.foo_and_bar(), 0.74, 0.76, "{:.1%}"),
        # 132,000 / 400,000 would be -67 %, 32,000 / 300,000 -89.3 %.
        Check("foo and bar, at the speed of version 1", saved.foo_and_bar - 1, -0.68, -0.66),
        Check("CPU of foo, at the speed of version 1", saved.foo - 1, -0.905, -0.88),
        Check("share of foo in version 1, phlox / the shop's own", first.share("foo") / truth(first, second)["share"], 0.98, 1.02,
              "{:.3f}"),
        # HTTP brings -67 % to -66.3 or to -60.
        Check("total CPU, at the speed of version 1", saved.total - 1, -0.69, -0.57),
        Check(f"what remains of ${BILL:,}, at the speed of version 1", saved.bill(), 31_000, 43_000, "${:,.0f}"),
    ]


def lateness(measured):
    """A sentence when the machine was too busy for the shop, or None."""
    latest = max(run["load"]["latest_seconds"] for run in measured)
    if latest > BEHIND_SECONDS:
        return f"the machine was too busy for the shop: an answer came {latest:.1f} s after its request was due"
    return None


def table(first, second):
    rows = [
        ("", "version 1", "version 2", "change"),
        ("requests served", f"{first.served}", f"{second.served}", ""),
        ("total CPU", f"{first.cores:.3f} cores", f"{second.cores:.3f} cores", f"{change(first.cores, second.cores):+.1%}"),
    ]
    for name in ("foo", "bar"):
        before, after = first.cores_of(name), second.cores_of(name)
        rows.append((f"  {name}", f"{first.share(name):.1%}  {before:.3f} cores", f"{second.share(name):.1%}  {after:.3f} cores",
                     f"{change(before, after):+.1%}"))
    for name in ("foo", "bar"):
        rows.append((f"{name} by the shop's own clock", f"{first.by_itself[name]:.2f} s", f"{second.by_itself[name]:.2f} s", ""))
        rows.append(("  by phlox", f"{first.by_phlox[name]:.2f} s", f"{second.by_phlox[name]:.2f} s", ""))
        rows.append(("  phlox / own", f"{first.ratio(name):.3f}", f"{second.ratio(name):.3f}", ""))
    rows.append(("total by the kernel's clock", f"{first.process_seconds:.2f} s", f"{second.process_seconds:.2f} s", ""))
    rows.append(("  by phlox", f"{first.total_seconds:.2f} s", f"{second.total_seconds:.2f} s", ""))
    rows.append(("a bill of", f"${BILL:,}", f"${BILL * second.cores / first.cores:,.0f}", ""))
    saved = savings(first, second)
    rows.append(("bar a request, own clock", f"{first.cost_of_bar() * 1e3:.2f} ms", f"{second.cost_of_bar() * 1e3:.2f} ms",
                 f"{saved.slowdown - 1:+.1%}"))
    rows.append(("at the speed of version 1:", "", "", ""))
    rows.append(("  total CPU", "", "", f"{saved.total - 1:+.1%}"))
    rows.append(("  foo", "", "", f"{saved.foo - 1:+.1%}"))
    rows.append(("  a bill of", f"${BILL:,}", f"${saved.bill():,.0f}", ""))
    return "\n".join(f"{a:<28}{b:>20}{c:>20}{d:>10}".rstrip() for a, b, c, d in rows)
