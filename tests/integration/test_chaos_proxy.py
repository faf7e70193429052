"""The proxy between two parts, on real sockets: what each mode does to what is sent."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

import pytest

from loadtests.chaos.proxy import Mode, Proxy

WAIT_S = 0.3
DELAY_S = 0.2
LOOK_EVERY_S = 0.02

Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def echoing(heard: list[bytes]) -> AsyncIterator[Proxy]:
    """Run a proxy on TCP before a server on a unix socket that repeats what it hears."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(100):
                heard.append(piece)
                writer.write(piece)
        finally:
            writer.close()

    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "echo.sock")
        server = await asyncio.start_unix_server(echo, path)
        proxy = Proxy("127.0.0.1:0", lambda: [path])
        await proxy.start()
        try:
            yield proxy
        finally:
            await proxy.close()
            server.close()


class Visitors:
    """Connections that are all closed at the end."""

    def __init__(self) -> None:
        self._writers: list[asyncio.StreamWriter] = []

    async def connected(self, proxy: Proxy) -> Client:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        self._writers.append(writer)
        return reader, writer

    async def close(self) -> None:
        for writer in self._writers:
            writer.close()
        closed = (writer.wait_closed() for writer in self._writers)
        await asyncio.gather(*closed, return_exceptions=True)


async def said(client: Client, words: bytes) -> bytes:
    """Send words and return what comes back; empty when the connection is broken."""
    reader, writer = client
    try:
        writer.write(words)
        return await reader.read(100)
    except ConnectionError:
        return b""


def run(act: Callable[[Proxy, list[bytes], Visitors], Awaitable[None]]) -> None:
    async def play() -> None:
        heard: list[bytes] = []
        visitors = Visitors()
        async with echoing(heard) as proxy:
            await act(proxy, heard, visitors)
            await visitors.close()

    asyncio.run(play())


def test_passes_on_what_is_said_both_ways() -> None:
    async def act(proxy: Proxy, heard: list[bytes], visitors: Visitors) -> None:
        client = await visitors.connected(proxy)
        assert await said(client, b"one") == b"one"
        assert await said(client, b"two") == b"two"
        assert heard == [b"one", b"two"]

    run(act)


def test_drop_breaks_what_is_open_and_what_is_new_until_it_ends() -> None:
    async def act(proxy: Proxy, heard: list[bytes], visitors: Visitors) -> None:
        client = await visitors.connected(proxy)
        assert await said(client, b"one") == b"one"
        proxy.set(Mode.DROP)
        assert await said(client, b"two") == b""
        assert await said(await visitors.connected(proxy), b"three") == b""
        assert heard == [b"one"]
        proxy.set(Mode.OPEN)
        assert await said(await visitors.connected(proxy), b"four") == b"four"

    run(act)


def test_delay_holds_up_question_and_answer() -> None:
    async def act(proxy: Proxy, heard: list[bytes], visitors: Visitors) -> None:
        client = await visitors.connected(proxy)
        assert await said(client, b"one") == b"one"
        proxy.set(Mode.DELAY, DELAY_S)
        began = monotonic()
        assert await said(client, b"two") == b"two"
        assert monotonic() - began >= 2 * DELAY_S
        assert heard == [b"one", b"two"]

    run(act)


def test_black_hole_takes_everything_and_says_nothing_and_its_victims_are_broken() -> None:
    async def act(proxy: Proxy, heard: list[bytes], visitors: Visitors) -> None:
        client = await visitors.connected(proxy)
        assert await said(client, b"one") == b"one"
        proxy.set(Mode.SWALLOW)
        newcomer = await visitors.connected(proxy)
        for lost in (client, newcomer):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(said(lost, b"two"), WAIT_S)
        assert heard == [b"one"]
        proxy.set(Mode.OPEN)
        assert await said(client, b"three") == b""
        assert await said(await visitors.connected(proxy), b"four") == b"four"

    run(act)


def test_lost_answers_were_asked_for_all_the_same() -> None:
    async def act(proxy: Proxy, heard: list[bytes], visitors: Visitors) -> None:
        client = await visitors.connected(proxy)
        proxy.set(Mode.LOSE_ANSWERS)
        asking = asyncio.ensure_future(said(client, b"one"))
        while not (heard or asking.done()):
            await asyncio.wait([asking], timeout=LOOK_EVERY_S)
        assert heard == [b"one"]
        assert await asyncio.wait([asking], timeout=WAIT_S) == (set(), {asking})
        proxy.set(Mode.OPEN)
        assert await asking == b""
        assert await said(client, b"two") == b""

    run(act)


def test_nobody_to_pass_on_to_breaks_the_connection() -> None:
    async def play() -> None:
        visitors = Visitors()
        proxy = Proxy("127.0.0.1:0", list)
        await proxy.start()
        assert await said(await visitors.connected(proxy), b"one") == b""
        await visitors.close()
        await proxy.close()

    asyncio.run(play())


def test_connections_are_shared_out_by_turns() -> None:
    async def play() -> None:
        heard: list[bytes] = []
        visitors = Visitors()
        async with echoing(heard) as first, echoing(heard) as second:
            proxy = Proxy(
                "127.0.0.1:0", lambda: [f"127.0.0.1:{one.port}" for one in (first, second)]
            )
            await proxy.start()
            first.set(Mode.DROP)
            answers = [await said(await visitors.connected(proxy), b"one") for _ in range(4)]
            assert sorted(answers) == [b"", b"", b"one", b"one"]
            await visitors.close()
            await proxy.close()

    asyncio.run(play())


def test_one_process_alone_is_cut_off() -> None:
    async def play() -> None:
        heard: list[bytes] = []
        async with echoing(heard) as behind:
            with tempfile.TemporaryDirectory() as folder:
                path = str(Path(folder) / "proxy.sock")
                proxy = Proxy(path, lambda: [f"127.0.0.1:{behind.port}"])
                await proxy.start()
                for pid, heard_back in ((os.getpid() + 1, b"one"), (os.getpid(), b"")):
                    client = await asyncio.open_unix_connection(path)
                    proxy.set(Mode.DROP, pid=pid)
                    assert await said(client, b"one") == heard_back
                    client[1].close()
                await proxy.close()

    asyncio.run(play())
