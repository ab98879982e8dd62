"""Tasks of asyncio: some work, some sleep, in two event loops of two threads.

Each task has a function of its own, so that the task can be told from the functions on a stack. Before 3.8 tasks have no names.
"""

import asyncio
import json
import sys
import threading
import time

HAS_NAMES = sys.version_info >= (3, 8)


def work():
    total = 0
    for i in range(20_000):
        total += i
    return total


async def step():
    work()
    # A loop that is never idle takes the GIL back before the other one has woken up, for seconds on end.
    time.sleep(0.0005)
    await asyncio.sleep(0)


async def fetch():
    while True:
        await step()


async def unnamed():
    while True:
        await step()


async def wide():
    while True:
        await step()


async def numbered():
    while True:
        await step()


async def elsewhere():
    while True:
        await step()


async def child():
    while True:
        await step()


async def parent():
    await make_task(child(), "child")


async def wait_for_it(event):
    await event.wait()


async def sleeper():
    secret, few = "a word", [1, 2.5, None, True, b"x", (), {"key": "value"}]
    await wait_for_it(asyncio.Event())
    return secret, few


def make_task(coroutine, name=None):
    create = asyncio.get_event_loop().create_task
    return create(coroutine, name=name) if HAS_NAMES and name else create(coroutine)


async def main():
    tasks = [make_task(fetch(), "fetch-1"), make_task(fetch(), "fetch-22"), make_task(unnamed()),
             make_task(wide(), "\u00fcber\u4e16\u754c\U0001f40d a name with more than sixty bytes, cut to whole characters \u4e16\u754c"),
             make_task(numbered(), "12345"), make_task(parent(), "parent"), make_task(sleeper(), "sleeper")]
    await asyncio.wait(tasks)


async def other_main():
    await make_task(elsewhere(), "elsewhere")


def answer():
    for _ in sys.stdin:
        print(json.dumps({}), flush=True)


def run(coroutine):
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(coroutine)


threading.Thread(target=answer, daemon=True).start()
threading.Thread(target=run, args=(other_main(),), daemon=True).start()
print("ready", flush=True)
run(main())
