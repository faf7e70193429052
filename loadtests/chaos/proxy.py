"""A proxy between two parts that can be told to fail as networks do.

Rule 1: what a mode says holds for the connections that are open, too, from then on.
Rule 2: a connection that lost bytes is never healed: it is broken when its mode ends,
since what comes later would not fit what came before.

Addresses: a path (str that begins with a slash) is a unix socket, `host:port` is TCP.
Times in seconds.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum

_BYTES_AT_ONCE = 65_536
_CREDENTIALS = struct.Struct("3i")


class Mode(StrEnum):
    """What becomes of connections and of what is sent through them."""

    OPEN = "open"
    DROP = "drop"
    """Open connections are reset; new ones are reset as soon as they are there."""
    DELAY = "delay"
    """Each piece comes later, in both directions."""
    SWALLOW = "swallow"
    """A black hole: connections stay open and new ones are taken, and nothing comes through."""
    LOSE_ANSWERS = "lose_answers"
    """What is asked arrives; what is answered does not."""


LOSING = frozenset({Mode.SWALLOW, Mode.LOSE_ANSWERS})


class Proxy:
    """Listens at one address and passes on to others, by turns.

    `upstreams` says where to, each time a connection is made: it may change.
    """

    def __init__(self, listen: str, upstreams: Callable[[], list[str]]) -> None:
        self.listen = listen
        self.mode = Mode.OPEN
        self._upstreams = upstreams
        self._delay_s = 0.0
        self._pid: int | None = None
        self._turn = 0
        self._links: dict[_Link, asyncio.Task[None]] = {}
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """Return the TCP port it listens at (useful when 0 was asked for)."""
        assert self._server is not None, "it has started"
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Begin to listen."""
        if self.listen.startswith("/"):
            self._server = await asyncio.start_unix_server(self._taken, self.listen)
        else:
            host, _, port = self.listen.rpartition(":")
            self._server = await asyncio.start_server(self._taken, host, int(port))

    async def close(self) -> None:
        """Stop listening and break every connection."""
        if self._server is not None:
            self._server.close()
        for link in list(self._links):
            link.reset()
        await asyncio.gather(*self._links.values(), return_exceptions=True)

    def set(self, mode: Mode, delay_s: float = 0.0, pid: int | None = None) -> None:
        """Behave so from now on. What went through a losing mode is broken when it ends.

        With `pid` only towards that process, which is known of unix sockets alone.
        """
        if self.mode in LOSING and mode is not self.mode:
            self._break_all()
        self.mode, self._delay_s, self._pid = mode, delay_s, pid
        if mode is Mode.DROP:
            self._break_all()

    def mode_for(self, pid: int | None) -> Mode:
        """Return how a process's connection fares."""
        return self.mode if self._pid in (None, pid) else Mode.OPEN

    def _break_all(self) -> None:
        for link in list(self._links):
            if self.mode_for(link.pid) is not Mode.OPEN:
                link.reset()

    async def _taken(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "a server's callback runs in a task"
        link = _Link(self, reader, writer)
        if self.mode_for(link.pid) is Mode.DROP:
            link.reset()
            return
        self._links[link] = task
        try:
            await link.run()
        finally:
            del self._links[link]

    async def connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to whose turn it is. Raises OSError."""
        upstreams = self._upstreams()
        if not upstreams:
            raise ConnectionRefusedError
        self._turn += 1
        address = upstreams[self._turn % len(upstreams)]
        if address.startswith("/"):
            return await asyncio.open_unix_connection(address)
        host, _, port = address.rpartition(":")
        return await asyncio.open_connection(host, int(port))

    async def lets_through(self, pid: int | None, *, is_answer: bool) -> bool:
        """Wait as long as a piece is held up; say whether it goes on."""
        mode = self.mode_for(pid)
        if mode is Mode.DELAY:
            await asyncio.sleep(self._delay_s)
        lost_answer = mode is Mode.LOSE_ANSWERS and is_answer
        return not (mode is Mode.SWALLOW or lost_answer)


class _Link:
    """One connection through the proxy: two pumps that end together."""

    def __init__(
        self, proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._proxy = proxy
        self._reader = reader
        self._writers = [writer]
        self.pid = _peer_of(writer)

    def reset(self) -> None:
        """Break it, both ways, at once."""
        for writer in self._writers:
            writer.transport.abort()

    async def run(self) -> None:
        """Pass on until one side ends."""
        try:
            reader, writer = await self._proxy.connected()
        except OSError:
            self.reset()
            return
        self._writers.append(writer)
        pumps = {
            asyncio.create_task(self._pump(self._reader, writer, is_answer=False)),
            asyncio.create_task(self._pump(reader, self._writers[0], is_answer=True)),
        }
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            for one in self._writers:
                one.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool
    ) -> None:
        with suppress(OSError):
            while piece := await reader.read(_BYTES_AT_ONCE):
                if await self._proxy.lets_through(self.pid, is_answer=is_answer):
                    writer.write(piece)
                    await writer.drain()


def _peer_of(writer: asyncio.StreamWriter) -> int | None:
    """Return the process at the other end of a unix socket; None over TCP."""
    peer = writer.get_extra_info("socket")
    if peer.family != socket.AF_UNIX:
        return None
    credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(credentials)[0])
