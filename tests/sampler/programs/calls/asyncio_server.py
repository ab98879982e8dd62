"""An asyncio server and its clients in one loop: coroutines that await coroutines, and callbacks of transports."""

import asyncio

from ready import say_ready

CLIENTS = 4


def parse(line):
    return int(line)


async def compute(number):
    await asyncio.sleep(0)
    return number * number


async def answer(line):
    return await compute(parse(line))


async def handle(reader, writer):
    while True:
        line = await reader.readline()
        writer.write(b"%d\n" % await answer(line))


async def ask(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    number = 0
    while True:
        writer.write(b"%d\n" % number)
        assert int(await reader.readline()) == number * number
        number += 1


async def main():
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    say_ready()
    await asyncio.gather(*(ask(port) for _ in range(CLIENTS)))


# 3.6 has no asyncio.run().
run = asyncio.run if hasattr(asyncio, "run") else asyncio.get_event_loop().run_until_complete
run(main())
