"""A TCP proxy between a client and a server that breaks connections where a test wants it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

Valve = Callable[[bytes], bytes | None]
"""Takes each piece of a connection's replies and gives what may pass; None breaks the connection at once. Made anew per connection."""

_PIECE = 64 * 1024


@dataclass(slots=True)
class Proxy:
    """A proxy that listens. `valve` may be changed at any time: it makes the valve of each connection that is opened from then on."""

    host: str
    port: int
    valve: Callable[[], Valve]
    connections: int = 0
    cuts: int = 0

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"


def open_valve() -> Valve:
    """Lets everything pass."""
    return lambda piece: piece


def closing_after(size: int) -> Valve:
    """Lets just `size` bytes pass, then breaks the connection."""
    left = size

    def valve(piece: bytes) -> bytes | None:
        nonlocal left
        if left == 0:
            return None
        passed = piece[:left]
        left -= len(passed)
        return passed

    return valve


@contextmanager
def proxy_to(target: str, valve: Callable[[], Valve] = open_valve) -> Iterator[Proxy]:
    """A Proxy before `target` (`host:port`) until the block ends."""
    loop = asyncio.new_event_loop()
    proxy = Proxy("127.0.0.1", 0, valve)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await _join(proxy, target, reader, writer)
        finally:
            tasks.discard(task)

    server = loop.run_until_complete(asyncio.start_server(serve, proxy.host, 0, backlog=1024))
    proxy.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, name="proxy", daemon=True)
    thread.start()

    async def close() -> None:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    try:
        yield proxy
    finally:
        asyncio.run_coroutine_threadsafe(close(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


async def _join(proxy: Proxy, target: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    host, _, port = target.rpartition(":")
    proxy.connections += 1
    valve = proxy.valve()
    server_writer = None
    with suppress(OSError):
        server_reader, server_writer = await asyncio.open_connection(host, int(port))
        there = asyncio.create_task(_pump(reader, server_writer, open_valve()))
        back = asyncio.create_task(_pump(server_reader, writer, valve))
        try:
            await asyncio.wait((there, back), return_when=asyncio.FIRST_COMPLETED)
            proxy.cuts += back.done() and not back.cancelled() and back.result()
        finally:
            there.cancel()
            back.cancel()
            await asyncio.gather(there, back, return_exceptions=True)
    for each in (writer, server_writer):
        if each is not None:
            each.close()
            with suppress(OSError):
                await each.wait_closed()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, valve: Valve) -> bool:
    """Whether the valve broke the connection; False when one side ended it."""
    with suppress(OSError):
        while piece := await reader.read(_PIECE):
            passed = valve(piece)
            if passed is None:
                return True
            writer.write(passed)
            await writer.drain()
            if len(passed) < len(piece):
                return True
    return False
