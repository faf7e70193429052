"""A resident's HTTP/1.1 connection: as little of it as is needed, so that it costs little.

The same for every system. A connection is kept while the server keeps it; a server that
closes after each answer (gunicorn's usual workers do) is met with a new connection, as a
browser would. Cookies are kept. Times in seconds.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ANSWER_S_MAX = 120.0


class TalkFailed(Exception):
    """A system gave no answer, or none that can be read; the text says which call it was."""


@dataclass(frozen=True)
class Answer:
    """One answer: its status and its JSON document."""

    status: int
    document: Any


class Talk:
    """What one resident says and hears; `answers_s` takes the time of each answer."""

    def __init__(self, port: int, answers_s: list[float], headers: Mapping[str, str]) -> None:
        self._port = port
        self._answers_s = answers_s
        self._headers = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._cookies: dict[str, str] = {}
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str) -> Answer:
        """Ask for a path."""
        return await self._ask("GET", path, None, {})

    async def post(self, path: str, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a JSON document to a path."""
        return await self._ask("POST", path, body, headers or {})

    def end(self) -> None:
        """Close the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _ask(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Answer:
        sent = b"" if body is None else json.dumps(body).encode()
        message = self._head(method, path, len(sent), headers) + sent
        began_s = time.perf_counter()
        try:
            async with asyncio.timeout(ANSWER_S_MAX):
                answer = await self._exchange(message)
        except (OSError, EOFError, ValueError) as error:
            raise TalkFailed(f"{method} {path}: {str(error) or type(error).__name__}") from None
        self._answers_s.append(time.perf_counter() - began_s)
        return answer

    def _head(self, method: str, path: str, length: int, headers: Mapping[str, str]) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self._port}"]
        lines += ["Accept: application/json", *(f"{name}: {headers[name]}" for name in headers)]
        if self._cookies:
            pairs = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
            lines.append(f"Cookie: {pairs}")
        if method != "GET":
            lines += ["Content-Type: application/json", f"Content-Length: {length}"]
        return ("\r\n".join(lines) + "\r\n" + self._headers + "\r\n").encode()

    async def _exchange(self, message: bytes) -> Answer:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(message)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status, headers, cookies = read_head(head)
        self._cookies.update(cookies)
        body = await _body(reader, headers)
        if headers.get("connection", "").lower() == "close":
            self.end()
        is_json = "json" in headers.get("content-type", "")
        return Answer(status, json.loads(body) if is_json and body else None)


def read_head(head: str) -> tuple[int, dict[str, str], dict[str, str]]:
    """Return the status, the headers by their small names, and the cookies that are set.

    Raises:
        ValueError: it is no head of an answer.
    """
    first, *lines = head.rstrip("\r\n").split("\r\n")
    status = int(first.split(" ", 2)[1])
    headers: dict[str, str] = {}
    cookies: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        if name.lower() == "set-cookie":
            cookie, _, kept = value.strip().partition(";")[0].partition("=")
            cookies[cookie] = kept
        else:
            headers[name.lower()] = value.strip()
    return status, headers, cookies


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        parts = []
        while length := int((await reader.readline()).split(b";")[0], 16):
            parts.append(await reader.readexactly(length))
            await reader.readline()
        await reader.readline()
        return b"".join(parts)
    if "content-length" in headers:
        return await reader.readexactly(int(headers["content-length"]))
    if headers.get("connection", "").lower() == "close":
        return await reader.read()
    return b""
