"""What the edge refused by itself, counted as security events.

nginx tells of it by syslog (RFC 3164) over UDP: a datagram holds one line of the edge's log, JSON,
with neither address nor query. A flood of refusals must cost little: of so many in a second the
rest are dropped unread, since the alert is long under way.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from threading import Event, Thread

import msgspec

from monitoring import metrics

KINDS: Mapping[int, str] = {
    400: "malformed",
    403: "blocked",
    405: "refused_method",
    408: "slow_sender",
    413: "too_large",
    414: "too_large",
    421: "wrong_host",
    429: "limited",
    431: "too_large",
    494: "too_large",
    501: "malformed",
    505: "refused_protocol",
}
"""By the status that the edge answered with, where no gateway was asked; 494 is nginx's own for
header lines that are too large."""

DATAGRAM_BYTES_MAX = 4_096
EVENTS_PER_S_MAX = 1_000
_LOOK_EVERY_S = 0.2


class _Refused(msgspec.Struct, frozen=True):
    status: int


def kind_of(datagram: bytes) -> str | None:
    """Return the kind of event that a datagram tells of; None if it is none of ours."""
    begin = datagram.find(b"{")
    try:
        refused = msgspec.json.decode(datagram[begin:], type=_Refused)
    except msgspec.DecodeError:
        return None
    return KINDS.get(refused.status)


class EdgeEvents:
    """Listens in a thread of its own until it is closed."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        """Bind the port (0: any) and listen.

        Raises:
            OSError: the port is taken.
        """
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(_LOOK_EVERY_S)
        self._socket.bind((host, port))
        self._ended = Event()
        self._thread = Thread(target=self._listen, name="edge-events", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Return the port it listens on."""
        return int(self._socket.getsockname()[1])

    def close(self) -> None:
        """Stop to listen and free the port."""
        self._ended.set()
        self._thread.join()
        self._socket.close()

    def _listen(self) -> None:
        began_s, taken = time.monotonic(), 0
        while not self._ended.is_set():
            now_s = time.monotonic()
            if now_s - began_s >= 1:
                began_s, taken = now_s, 0
            if taken >= EVENTS_PER_S_MAX:
                self._ended.wait(began_s + 1 - now_s)
                continue
            try:
                datagram = self._socket.recv(DATAGRAM_BYTES_MAX)
            except TimeoutError:
                continue
            taken += 1
            if (kind := kind_of(datagram)) is not None:
                metrics.SECURITY_EVENTS.labels(kind).inc()
