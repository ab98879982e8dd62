"""A parent, a forked child and an executed one: each burns SECONDS of CPU in a function of its own name.

    family.py SECONDS
"""

import os
import subprocess
import sys
import time


cpu_seconds = getattr(time, "process_time", None) or time.clock  # before 3.3


def burn(seconds):
    until = cpu_seconds() + seconds
    while cpu_seconds() < until:
        sum(range(1000))


def in_parent(seconds):
    burn(seconds)


def in_fork(seconds):
    burn(seconds)


def in_exec(seconds):
    burn(seconds)


def main():
    seconds = float(sys.argv[1])
    if sys.argv[2:] == ["executed"]:
        in_exec(seconds)
        return
    executed = subprocess.Popen([sys.executable, __file__, sys.argv[1], "executed"])
    forked = os.fork()
    if forked == 0:
        in_fork(seconds)
        os._exit(0)
    in_parent(seconds)
    os.waitpid(forked, 0)
    sys.exit(executed.wait())


if __name__ == "__main__":
    main()
