"""The ports of a stack, chosen before anything starts: all on loopback.

A port that was free a moment ago may be taken by another stack that starts now, and gateways
that share a port (SO_REUSEPORT) would not even notice: so stacks start one after the other.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from seiriken.errors import CommandError
from seiriken.processes import free_ports, port_is_free
from seiriken.watching import WATCHERS

PORT_USUAL = 8080


@dataclass(frozen=True)
class Ports:
    """`public` is for residents; `internal` and `watch` go by the process's name.

    Behind an edge each gateway has one in `gateways`, and the herald hears of what the edge
    refused at `edge_events` (UDP). The staff come to `staff`; behind an edge their gateway
    listens at `staff_behind`.
    """

    public: int
    internal: Mapping[str, int]
    watch: Mapping[str, int]
    gateways: Sequence[int] = ()
    edge_events: int | None = None
    staff: int | None = None
    staff_behind: int | None = None


@contextmanager
def one_start_at_a_time() -> Iterator[None]:
    """Wait until no other stack of this user starts here, and hold back those that come after.

    The block lasts from the choice of ports until all of them are listened at.
    """
    turn = Path(tempfile.gettempdir()) / f"seiriken-start-{os.getuid()}.lock"
    with turn.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def choose_ports(
    names: Sequence[str],
    *,
    public: int | None,
    first_internal: int | None,
    behind_edge: int,
    staff: bool = False,
    staff_asked: int | None = None,
) -> Ports:
    """Choose the port for residents, an internal one for each name, and those of who watches.

    `behind_edge` is how many gateways have one of their own.

    Raises:
        CommandError: a port that was asked for is taken.
    """
    for asked in (public, first_internal, staff_asked):
        if asked is not None and not port_is_free(asked):
            raise CommandError(f"port {asked} is in use; choose another one")
    spare = iter(free_ports(4 + len(names) + len(WATCHERS) + behind_edge))
    spare_public = next(spare)
    internal = {name: next(spare) for name in names}
    if first_internal is not None:
        internal[names[0]] = first_internal
    watch = {name: next(spare) for name in WATCHERS}
    usual = PORT_USUAL if port_is_free(PORT_USUAL) else spare_public
    gateways = tuple(next(spare) for _ in range(behind_edge))
    return Ports(
        public=public or usual,
        internal=internal,
        watch=watch,
        gateways=gateways,
        edge_events=next(spare) if behind_edge else None,
        staff=staff_asked or next(spare) if staff else None,
        staff_behind=next(spare) if staff and behind_edge else None,
    )
