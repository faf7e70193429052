"""Section 9: people confirm who they are and take their places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from loadtests.bench.figures import Row, Target, ratios, row_of
from loadtests.bench.options import Options
from loadtests.bench.room.hall import Hall
from loadtests.bench.room.plain import STATUS
from loadtests.bench.room.processes import (
    Gateways,
    Plain,
    running_gateways,
    running_plain,
    running_room,
)
from loadtests.bench.room.served import Served, served
from loadtests.bench.room.talking import ask_each, request, sign_in_and_look
from loadtests.bench.servers import Servers
from loadtests.bench.show import Progress

GATEWAYS = 2
"""As many as `seiriken up` starts."""

_RELEASE = "joining"
_OPENS_IN_S = 3_600.0
_OF_BARE = Target("at least", 0.60)
_CROWD_S = Target("at most", 4.0)
_CROWD_P99_MS = Target("at most", 500.0)
_OF_SMALL_ROSTER = Target("at least", 0.90)


@dataclass(frozen=True)
class _Run:
    """What one run heard; the last two are of people who look at something after signing in."""

    bare: Served
    small: Served
    big: Served
    with_status: Served
    with_own_state: Served


class _Doors:
    """One gateway, the two of a stack, and a bare Starlette; an empty line for each crowd."""

    def __init__(
        self, hall: Hall, one: Gateways, stack: Gateways, plain: Plain, options: Options
    ) -> None:
        self._hall = hall
        self._one = one
        self._stack = stack
        self._plain = plain
        self._options = options

    def run(self, sign_ins: Sequence[bytes]) -> _Run:
        """Let all sign in five times, each time into a line that is empty."""
        options, connections = self._options, self._options.connections
        bare = served(self._plain, ask_each, sign_ins, connections)
        self._hall.publish(options.sign_ins)
        small = self._sign_in(sign_ins)
        self._hall.publish(options.big_roster)
        big = self._sign_in(sign_ins)
        with_status = self._sign_in_and_look(sign_ins, request("GET", STATUS))
        with_own_state = self._sign_in_and_look(sign_ins, None)
        return _Run(bare, small, big, with_status, with_own_state)

    def _sign_in(self, sign_ins: Sequence[bytes]) -> Served:
        self._hall.empty_line(_RELEASE)
        return served(self._one, ask_each, sign_ins, self._options.connections)

    def _sign_in_and_look(self, sign_ins: Sequence[bytes], look: bytes | None) -> Served:
        self._hall.empty_line(_RELEASE)
        return served(self._stack, sign_in_and_look, sign_ins, look, self._options.connections)


def measure_sign_in(servers: Servers, options: Options, progress: Progress) -> list[Row]:
    """Sign in beside a bare Starlette, as a crowd, and with a small and a large roster."""
    hall = Hall(servers)
    hall.clear()
    people = hall.people(options.sign_ins)
    progress.say(f"sign-in: making rosters of {len(people):,} and {options.big_roster:,}")
    memory_before_bytes = hall.memory_bytes()
    hall.enrol(people, options.big_roster)
    roster_bytes = (hall.memory_bytes() - memory_before_bytes) / options.big_roster
    hall.enrol(people, len(people))
    sign_ins = [person.sign_in for person in people]
    runs = []
    with _open_doors(servers, hall, options) as doors:
        for run in range(options.runs):
            progress.say(f"sign-in, run {run + 1} of {options.runs}")
            runs.append(doors.run(sign_ins))
    hall.close()
    return _rows(runs, roster_bytes, options)


@contextmanager
def _open_doors(servers: Servers, hall: Hall, options: Options) -> Iterator[_Doors]:
    hall.offer(_RELEASE, opens_in_s=_OPENS_IN_S)
    with (
        running_room(servers),
        running_gateways(servers, 1) as one,
        running_gateways(servers, GATEWAYS) as stack,
        running_plain(servers, one) as plain,
    ):
        for gateways in (one, stack):
            gateways.wait_for_notice(_RELEASE)
        yield _Doors(hall, one, stack, plain, options)


def _rows(runs: Sequence[_Run], roster_bytes: float, options: Options) -> list[Row]:
    apart = (asked.heard for one in runs for asked in (one.bare, one.small, one.big))
    void = next((heard.void for heard in apart if heard.void), "")

    def each(what: str, unit: str, figures: list[float], target: Target | None = None) -> Row:
        return row_of("9 sign-in", what, unit, figures, target=target, void=void)

    bare, small = [one.bare.per_s for one in runs], [one.small.per_s for one in runs]
    big = [one.big.per_s for one in runs]
    crowd = f"{options.sign_ins:,} people, {GATEWAYS} gateways"
    looks = {
        "status.json": [one.with_status.heard for one in runs],
        "own state": [one.with_own_state.heard for one in runs],
    }
    rows = [
        each("bare Starlette that decodes the body", "answers/s", bare),
        each(f"gateway, roster of {options.sign_ins:,}", "sign-ins/s", small),
        each("gateway / bare", "x", ratios(small, bare), _OF_BARE),
        each(f"gateway, roster of {options.big_roster:,}", "sign-ins/s", big),
        each("large roster / small roster", "x", ratios(big, small), _OF_SMALL_ROSTER),
        each("bare Starlette, CPU", "µs/answer", [one.bare.cpu_us for one in runs]),
        each("gateway, CPU", "µs/sign-in", [one.small.cpu_us for one in runs]),
        each("the roster in Redis", "B/person", [roster_bytes]),
    ]
    for look, heard in looks.items():
        what = f"{crowd}, sign-in and {look}"
        rows += [
            each(what, "s", [one.elapsed_s for one in heard], _CROWD_S),
            each(f"{what}, p99", "ms", [one.wait_ms(99) for one in heard], _CROWD_P99_MS),
        ]
    busy = [100 * one.with_status.heard.cpu_share for one in runs]
    return [*rows, each("generator CPU", "% of a core", busy)]
