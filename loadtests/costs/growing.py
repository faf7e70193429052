"""How costs grow: with the people who wait, the bookings made, the slots on offer, the batch.

Each at several sizes on servers of its own, with the real room and the real allocator. Units:
bytes, milliseconds, and microseconds of one core for each booking.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeAlias

from loadtests.bench.drain import Drained, drain
from loadtests.bench.releases import SIZES_OF_RELEASES
from loadtests.bench.room.hall import Hall
from loadtests.bench.room.ticks import tick_times_s
from loadtests.bench.servers import Servers, running_servers
from loadtests.bench.show import Progress
from loadtests.bench.startup import build_city, start_in
from loadtests.bench.towns import build_town

WAITING = (1_000, 10_000, 100_000)
BOOKED = (1_000, 10_000, 100_000)
SLOTS = (1_000, 10_000, 100_000)
BATCHES = (1, 10, 100, 1_000)

RUNS = 3
_TICKS = 40
_TOWN_SLOTS = 10_000
_BATCHES_DRAINED = 400
"""Of each size as many, but never more bookings than `Sizes.backlog`."""
_OPENS_IN_S = 3_600.0
_LINE = "growing"

Grown: TypeAlias = "list[dict[str, float]]"
"""One row a size."""


@dataclass(frozen=True)
class Sizes:
    """At which sizes to measure, and how many bookings are drained for it."""

    waiting: Sequence[int] = WAITING
    booked: Sequence[int] = BOOKED
    slots: Sequence[int] = SLOTS
    batches: Sequence[int] = BATCHES
    backlog: int = 20_000


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the sizes to the command's options."""
    usual = Sizes()
    for name in ("waiting", "booked", "slots", "batches"):
        known = SIZES_OF_RELEASES if name == "slots" else None
        parser.add_argument(
            f"--{name}", type=int, nargs="+", default=getattr(usual, name), choices=known
        )
    parser.add_argument("--backlog", type=int, default=usual.backlog, help="bookings drained")


def sizes_of(arguments: argparse.Namespace) -> Sizes:
    """Return the sizes that the options name."""
    names = ("waiting", "booked", "slots", "batches", "backlog")
    return Sizes(**{name: getattr(arguments, name) for name in names})


def measure_growth(sizes: Sizes, progress: Progress) -> dict[str, Grown]:
    """Return a table for each thing that costs may grow with."""
    with running_servers() as servers:
        return {
            "waiting": [_waiting(servers, people, progress) for people in sizes.waiting],
            "booked": [_booked(servers, count, progress) for count in sizes.booked],
            "slots": [_slots(servers, count, sizes.backlog, progress) for count in sizes.slots],
            "batches": _batches(servers, sizes, progress),
        }


def _waiting(servers: Servers, people: int, progress: Progress) -> dict[str, float]:
    """Fill a line; return what Redis holds for it and how long a tick of the room takes."""
    progress.say(f"{people:,} people wait")
    memory_file = servers.folder / f"room-{people}.json"
    hall = Hall(servers)
    hall.clear()
    hall.offer(_LINE, opens_in_s=_OPENS_IN_S)
    tick_times_s(servers.redis_url, 1, memory_file)  # The first tick makes the line.
    before = hall.memory_bytes()
    hall.fill_line(_LINE, people)
    held = hall.memory_bytes() - before
    took_s = tick_times_s(servers.redis_url, _TICKS, memory_file)
    hall.close()
    return {"people": people, "redis_bytes": float(held), "tick_ms": _rounded(1e3 * median(took_s))}


def _booked(servers: Servers, bookings: int, progress: Progress) -> dict[str, float]:
    """Drain a backlog of so many in a town that has as many people."""
    progress.say(f"{bookings:,} bookings")
    town = build_town(servers, slots=_TOWN_SLOTS, people=bookings)
    runs = [drain(servers, town, backlog=bookings, batch_size_max=None) for _ in range(RUNS)]
    servers.drop(town.database)
    log = median(one.costs.log_bytes / one.bookings for one in runs)
    return {"bookings": bookings, "wal_bytes": _rounded(log), **_per_booking(runs)}


def _slots(servers: Servers, slots: int, backlog: int, progress: Progress) -> dict[str, float]:
    """Drain a backlog with so many slots on offer; and start an allocator that reads them."""
    progress.say(f"{slots:,} slots")
    town = build_town(servers, slots=slots, people=backlog)
    runs = [drain(servers, town, backlog=backlog, batch_size_max=None) for _ in range(RUNS)]
    servers.drop(town.database)
    city = build_city(servers, people=1_000, slots=slots, bookings=0)
    started = start_in(servers, city)
    servers.drop(city)
    return {
        "slots": slots,
        "ready_s": _rounded(started.ledger_ready_s),
        "memory_allocator": float(started.resident_peak_bytes),
        **_per_booking(runs),
    }


def _batches(servers: Servers, sizes: Sizes, progress: Progress) -> Grown:
    """Drain with batches of each size: what deciding and writing together saves."""
    town = build_town(servers, slots=_TOWN_SLOTS, people=sizes.backlog)
    rows = []
    for size in sizes.batches:
        progress.say(f"batches of {size:,}")
        backlog = min(sizes.backlog, _BATCHES_DRAINED * size)
        runs = [drain(servers, town, backlog=backlog, batch_size_max=size) for _ in range(RUNS)]
        rows.append({"size": float(size), **_per_booking(runs)})
    servers.drop(town.database)
    return rows


def _per_booking(runs: Sequence[Drained]) -> dict[str, float]:
    """Return the processor time for each booking, and how many are decided a second."""
    spent = {
        "allocator_us": [1e6 * one.costs.allocator_s / one.bookings for one in runs],
        "postgres_us": [1e6 * one.costs.postgres_s / one.bookings for one in runs],
        "redis_us": [1e6 * one.costs.redis_s / one.bookings for one in runs],
        "bookings_per_s": [one.bookings_per_s for one in runs],
    }
    return {name: _rounded(median(figures)) for name, figures in spent.items()}


def _rounded(figure: float) -> float:
    return round(figure, 2)
