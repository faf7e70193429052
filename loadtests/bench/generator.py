"""The load generator: appends requests to the inbox and listens for their answers.

It is a process of its own and speaks the Redis protocol by itself, so that it costs
little. The load is open: requests are sent at the moments drawn beforehand (a Poisson
process), whatever the answers do, and a time is counted from the moment at which the
request was due, so that a stall is seen by all who would have met it (no coordinated
omission; G. Tene, "How NOT to Measure Latency", 2015).
"""

from __future__ import annotations

import random
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Thread
from typing import Any

from allocator.inbox import INBOX_KEY, reply_key

_ANSWERS_S_MAX = 120.0
_BEGIN_AFTER_S = 0.3
_SWITCH_INTERVAL_S = 0.0005
_PAUSE_S = (0.005, 0.015)
"""Between two calls that are made one at a time."""


@dataclass(frozen=True)
class Listened:
    """What the generator saw, in seconds, and what it cost itself."""

    waits_s: list[float]
    unanswered: int
    offered_per_s: float
    lag_p99_s: float
    """How late requests were sent."""
    cpu_share: float
    """Of one core."""


def offer(socket_path: str, gateway: str, messages: Sequence[bytes], per_s: float) -> Listened:
    """Send requests at a rate, and wait for all answers."""
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    draw = random.Random(1)  # noqa: S311, the same arrivals each time are wanted
    commands = [_append_command(gateway, n, message) for n, message in enumerate(messages)]
    due_s, at_s = [], 0.0
    for _ in messages:
        at_s += draw.expovariate(per_s)
        due_s.append(at_s)
    answered_s: dict[int, float] = {}
    began_s = time.monotonic() + _BEGIN_AFTER_S
    listener = Thread(
        target=_listen, args=(socket_path, gateway, len(messages), began_s, answered_s)
    )
    cpu_before_s = time.process_time()
    listener.start()
    lags_s = _send(socket_path, commands, due_s, began_s)
    sending_s = time.monotonic() - began_s
    listener.join()
    elapsed_s = time.monotonic() - began_s + _BEGIN_AFTER_S
    return Listened(
        waits_s=[answered_s[n] - due_s[n] for n in answered_s],
        unanswered=len(messages) - len(answered_s),
        offered_per_s=len(messages) / sending_s,
        lag_p99_s=percentile(lags_s, 99),
        cpu_share=(time.process_time() - cpu_before_s) / elapsed_s,
    )


def call_alone(socket_path: str, gateway: str, messages: Sequence[bytes]) -> list[float]:
    """Make one call after the other on an idle system; return how long each took."""
    draw = random.Random(2)  # noqa: S311, the same pauses each time are wanted
    connection = _Connection(socket_path)
    listener = _Connection(socket_path)
    waits_s, last_id = [], b"0-0"
    for number, message in enumerate(messages):
        time.sleep(draw.uniform(*_PAUSE_S))
        started = time.monotonic()
        connection.send(_append_command(gateway, number, message))
        connection.receive()
        while True:
            entries = _read_after(listener, gateway, last_id)
            if entries:
                break
        waits_s.append(time.monotonic() - started)
        last_id = entries[-1][0]
    return waits_s


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that so many percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-len(ordered) * percent // 100) - 1)]


def _send(
    socket_path: str, commands: Sequence[bytes], due_s: Sequence[float], began_s: float
) -> list[float]:
    """Send what is due, together what is due together; return how late each was."""
    connection = _Connection(socket_path)
    lags_s: list[float] = []
    while len(lags_s) < len(commands):
        at_s = time.monotonic() - began_s
        first = last = len(lags_s)
        while last < len(commands) and due_s[last] <= at_s:
            last += 1
        if first == last:
            time.sleep(max(0.0, due_s[first] - at_s))
            continue
        connection.send(b"".join(commands[first:last]))
        lags_s.extend(at_s - moment for moment in due_s[first:last])
        connection.drop_received()
    return lags_s


def _listen(
    socket_path: str, gateway: str, count: int, began_s: float, answered_s: dict[int, float]
) -> None:
    connection = _Connection(socket_path)
    last_id, quiet_since_s = b"0-0", began_s
    while len(answered_s) < count and time.monotonic() - quiet_since_s < _ANSWERS_S_MAX:
        for entry_id, fields in _read_after(connection, gateway, last_id):
            quiet_since_s = time.monotonic()
            answered_s[int.from_bytes(fields[fields.index(b"h") + 1], "big")] = (
                quiet_since_s - began_s
            )
            last_id = entry_id


def _read_after(connection: _Connection, gateway: str, last_id: bytes) -> list[Any]:
    key = reply_key(gateway).encode()
    connection.send(
        _command(b"XREAD", b"COUNT", b"1000", b"BLOCK", b"1000", b"STREAMS", key, last_id)
    )
    streams = connection.receive()
    entries: list[Any] = streams[0][1] if streams else []
    return entries


def _append_command(gateway: str, number: int, message: bytes) -> bytes:
    handle = number.to_bytes(16, "big")
    return _command(
        b"XADD", INBOX_KEY.encode(), b"*", b"r", message, b"g", gateway.encode(), b"h", handle
    )


def _command(*words: bytes) -> bytes:
    parts = [b"*%d\r\n" % len(words)]
    parts.extend(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)
    return b"".join(parts)


class _Connection:
    """The Redis protocol (RESP2) over a unix socket, as little of it as is needed."""

    def __init__(self, socket_path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(socket_path)
        self._file = self._socket.makefile("rb")

    def send(self, commands: bytes) -> None:
        """Send one command or several."""
        self._socket.sendall(commands)

    def drop_received(self) -> None:
        """Throw away what has come back, without waiting."""
        try:
            while self._socket.recv(65_536, socket.MSG_DONTWAIT):
                pass
        except BlockingIOError:
            return

    def receive(self) -> Any:
        """Wait for one answer."""
        line = self._file.readline()
        kind, rest = line[:1], line[1:-2]
        match kind:
            case b"*":
                return [self.receive() for _ in range(int(rest))] if rest != b"-1" else None
            case b"$":
                return self._file.read(int(rest) + 2)[:-2] if rest != b"-1" else None
            case b":" | b"+":
                return rest
            case _:
                raise ConnectionError(line.decode(errors="replace"))
