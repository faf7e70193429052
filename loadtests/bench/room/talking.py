"""The HTTP load generator: people who talk over connections that are kept alive.

It is a process of its own and costs about 20 µs a request (one thread, non-blocking
sockets, no pipelining): a tenth of what a gateway spends on it. The load is closed: on
each connection the next request is sent when the answer has come, so that a slower server
is asked less. What one person says is a generator that yields requests and is sent the
answers.
"""

from __future__ import annotations

import re
import selectors
import socket
import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from loadtests.bench.errors import BenchStopped
from loadtests.bench.generator import percentile
from loadtests.bench.processes import LOOPBACK

Talk = Generator[bytes, bytes, None]
"""Yields a request, is sent its whole answer, and so on."""

_SILENCE_S_MAX = 60.0
_RECEIVE_BYTES = 65_536
_CPU_SHARE_MAX = 0.9
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_COOKIE = re.compile(rb"\r\nset-cookie: *(place=[^;\r]+)", re.IGNORECASE)
_END_OF_HEAD = b"\r\n\r\n"


@dataclass(frozen=True)
class Heard:
    """What the generator saw: answers (all 200), its time and theirs in seconds.

    `ended_s` are moments at which talks ended, on the clock of `time.time`.
    """

    answers: int
    elapsed_s: float
    waits_s: list[float]
    ended_s: list[float]
    cpu_share: float
    """Of one core."""

    @property
    def per_s(self) -> float:
        """Return the answers a second."""
        return self.answers / self.elapsed_s

    @property
    def void(self) -> str:
        """Say why the figures are the generator's own, if they are."""
        if self.cpu_share <= _CPU_SHARE_MAX:
            return ""
        return f"the generator used {self.cpu_share:.0%} of a core"

    def wait_ms(self, percent: float) -> float:
        """Return the time within which so many percent of the answers came, in ms."""
        return 1e3 * percentile(self.waits_s, percent)


def request(
    method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> bytes:
    """Return an HTTP/1.1 request."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {LOOPBACK}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def ask_again(port: int, asked: bytes, connections: int, lasting_s: float) -> Heard:
    """Ask the same for some seconds on so many connections."""
    return talk(port, (_same(asked) for _ in range(connections)), connections, lasting_s)


def ask_each(port: int, requests: Iterable[bytes], connections: int) -> Heard:
    """Send each of these requests once."""
    return talk(port, (_once(asked) for asked in requests), connections)


def sign_in_and_look(
    port: int, sign_ins: Iterable[bytes], look: bytes | None, connections: int
) -> Heard:
    """Let each sign in and then ask for what everybody sees (`look`), or for their own state."""
    return talk(port, (_sign_in(asked, look) for asked in sign_ins), connections)


def cookies_of(port: int, sign_ins: Iterable[bytes], connections: int) -> list[bytes]:
    """Sign in; return the cookies with the place tokens."""
    cookies: list[bytes] = []
    talk(port, (_keep_cookie(asked, cookies) for asked in sign_ins), connections)
    return cookies


def own_state(cookie: bytes) -> bytes:
    """Return the request for the state of the person with this place token."""
    return request("GET", "/api/v1/me", {"Cookie": cookie.decode()})


def _same(asked: bytes) -> Talk:
    while True:
        yield asked


def _once(asked: bytes) -> Talk:
    yield asked


def _sign_in(asked: bytes, look: bytes | None) -> Talk:
    answer = yield asked
    yield look or own_state(_cookie_in(answer))


def _keep_cookie(asked: bytes, cookies: list[bytes]) -> Talk:
    answer = yield asked
    cookies.append(_cookie_in(answer))


def _cookie_in(answer: bytes) -> bytes:
    found = _COOKIE.search(answer)
    if found is None:
        raise BenchStopped("signing in gave no place token")
    return found[1]


def talk(
    port: int, talks: Iterable[Talk], connections: int, lasting_s: float = float("inf")
) -> Heard:
    """Hold all these talks, at most `connections` at once; stop after `lasting_s` seconds.

    Raises:
        BenchStopped: an answer was not 200, or did not come.
    """
    try:
        return _Crowd(port, iter(talks), connections).talk(lasting_s)
    except OSError as error:
        raise BenchStopped(f"a connection broke: {type(error).__name__}") from error


@dataclass
class _Line:
    """One connection, and the talk that is held on it."""

    socket: socket.socket
    talk: Talk
    asked_at_s: float = 0.0
    received: bytes = b""

    def say(self, asked: bytes) -> None:
        self.asked_at_s = time.perf_counter()
        self.received = b""
        self.socket.sendall(asked)


@dataclass
class _Crowd:
    """All connections of one process."""

    port: int
    talks: Iterator[Talk]
    connections: int
    waits_s: list[float] = field(default_factory=list)
    ended_s: list[float] = field(default_factory=list)

    def talk(self, lasting_s: float) -> Heard:
        with selectors.DefaultSelector() as selector:
            lines = list(self._lines(selector))
            cpu_before_s, began_s = time.process_time(), time.perf_counter()
            try:
                self._begin(lines)
                self._go_on(selector, began_s + lasting_s)
            finally:
                for line in lines:
                    line.socket.close()
        elapsed_s = time.perf_counter() - began_s
        return Heard(
            answers=len(self.waits_s),
            elapsed_s=elapsed_s,
            waits_s=self.waits_s,
            ended_s=self.ended_s,
            cpu_share=(time.process_time() - cpu_before_s) / elapsed_s,
        )

    def _lines(self, selector: selectors.BaseSelector) -> Iterator[_Line]:
        for _, first in zip(range(self.connections), self.talks, strict=False):
            connection = socket.create_connection((LOOPBACK, self.port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            line = _Line(connection, first)
            selector.register(connection, selectors.EVENT_READ, line)
            yield line

    def _begin(self, lines: list[_Line]) -> None:
        for line in lines:
            line.say(next(line.talk))

    def _go_on(self, selector: selectors.BaseSelector, end_at_s: float) -> None:
        while selector.get_map() and time.perf_counter() < end_at_s:
            ready = selector.select(_SILENCE_S_MAX)
            if not ready:
                raise BenchStopped(f"no answer within {_SILENCE_S_MAX:g} s")
            for key, _ in ready:
                line: _Line = key.data
                answer = _answer_on(line)
                if answer is not None and not self._answered(line, answer):
                    selector.unregister(line.socket)

    def _answered(self, line: _Line, answer: bytes) -> bool:
        """Go on with the talk, or with another one; say whether there is any."""
        self.waits_s.append(time.perf_counter() - line.asked_at_s)
        try:
            line.say(line.talk.send(answer))
            return True
        except StopIteration:
            self.ended_s.append(time.time())
        following = next(self.talks, None)
        if following is None:
            return False
        line.talk = following
        line.say(next(following))
        return True


def _answer_on(line: _Line) -> bytes | None:
    """Return the whole answer, None while some of it is to come."""
    arrived = line.socket.recv(_RECEIVE_BYTES)
    if not arrived:
        raise BenchStopped("the server closed a connection")
    line.received = line.received + arrived if line.received else arrived
    head_bytes = line.received.find(_END_OF_HEAD)
    if head_bytes < 0:
        return None
    if line.received[9:12] != b"200":
        raise BenchStopped(f"answered {line.received[9:12].decode(errors='replace')}, not 200")
    length = _LENGTH.search(line.received)
    if length is None:
        raise BenchStopped("an answer does not tell its length")
    is_whole = len(line.received) >= head_bytes + len(_END_OF_HEAD) + int(length[1])
    return line.received if is_whole else None
