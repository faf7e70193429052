"""A small HTTP/1.1 client that notices when a connection breaks, and can break it itself.

One connection a device, made again when needed. Nothing is sent twice by itself:
whether to ask again is for the resident to decide, who notes each call.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

ANSWER_S_MAX = 12.0


class Lost(Exception):
    """The connection broke, could not be made, or no answer came in time."""


@dataclass(frozen=True)
class Reply:
    """An HTTP answer. `content` is its JSON object, empty when there is none."""

    status: int
    content: Mapping[str, Any] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)


class Wire:
    """One device's connection; requests follow each other."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: object = None,
        drop_after_s: float | None = None,
    ) -> Reply:
        """Send a request and return the answer, or break off after a time. Raises `Lost`."""
        wait_s = ANSWER_S_MAX if drop_after_s is None else drop_after_s
        try:
            async with asyncio.timeout(wait_s):
                return await self._exchange(_request(method, path, headers, body))
        except (OSError, EOFError, ValueError, TimeoutError, asyncio.LimitOverrunError):
            self.close()
            raise Lost from None
        except asyncio.CancelledError:
            self.close()
            raise

    def close(self) -> None:
        """Break the connection; the next request makes another."""
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None

    async def _exchange(self, request: bytes) -> Reply:
        if self._streams is None or self._streams[1].is_closing() or self._streams[0].at_eof():
            self.close()
            self._streams = await asyncio.open_connection(*self._address)
        reader, writer = self._streams
        writer.write(request)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(head[0].split(" ")[1])
        headers = [(name.lower(), value) for name, _, value in map(_field, head[1:]) if name]
        length = int(next((value for name, value in headers if name == "content-length"), "0"))
        content = _object(await reader.readexactly(length))
        if ("connection", "close") in headers:
            self.close()
        return Reply(status, content, dict(_cookie(v) for n, v in headers if n == "set-cookie"))


def _request(method: str, path: str, headers: Mapping[str, str], body: object) -> bytes:
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body is not None or method != "GET":
        lines.append(f"Content-Length: {len(content)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + content


def _field(line: str) -> tuple[str, str, str]:
    name, colon, value = line.partition(":")
    return name, colon, value.strip()


def _cookie(value: str) -> tuple[str, str]:
    name, _, content = value.partition(";")[0].partition("=")
    return name.strip(), content.strip()


def _object(body: bytes) -> dict[str, Any]:
    with suppress(ValueError):
        content = json.loads(body)
        if isinstance(content, dict):
            return content
    return {}
