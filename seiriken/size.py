"""How large a system a city needs: worked out from measured unit costs and stated assumptions.

Rule 1: every figure follows from `UnitCosts` (measured: `make costs`) and `Assumptions`; no
figure of a machine stands in this module.
Rule 2: nothing here does I/O, reads a clock or draws a random number.

Units: people, seconds, cores (one core's processor time per second), bytes. The peak is the
busiest minute of the arrivals; the allocator and PostgreSQL are busiest while the pairs
last. Cores are what is used, divided by `busy_max`, so that answers stay quick.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any

import msgspec

WAY_IN = ("first_page", "sign_in_page", "sign_in", "waiting_page", "own_state")
INSIDE = ("enter", "details", "choose", "booking", "booked_page")
FILES_PER_RESIDENT = 6
"""Style, scripts and pictures of a first visit: once for each browser."""

SERIAL = ("allocator", "redis", "waiting_room")
"""Each of these is one thread at work: more than one core of it does not exist."""

STATUS_ASKED_BY_EDGE_PER_S = 1.0
"""An edge cache asks for the public document once a second, whatever the crowd (I11)."""


class Assumptions(msgspec.Struct, frozen=True, kw_only=True):
    """What is not measured but assumed; every one can be set."""

    comes_share: float = 0.57
    """Of the population, who come to one release (60,000 of 105,000)."""
    pairs_share: float = 0.19
    """Pairs on offer for each inhabitant (20,000 for 105,000)."""
    within_minutes: float = 10.0
    peak_factor: float = 2.6
    """The busiest minute's arrivals against the average (the curve of `make load`)."""
    inside_max: int = 2_000
    inside_s: float = 70.0
    """Seconds of a seat for each booking, with those who leave, waver, or are called and on
    their way (2,000 seats gave 28.4 bookings a second in the simulation)."""
    choices: float = 1.5
    """How often somebody goes through days and times until a pair is theirs."""
    poll_every_s: float = 20.0
    busy_max: float = 0.6


class UnitCosts(msgspec.Struct, frozen=True):
    """What was measured: microseconds and bytes of each step, and what grows with what."""

    measured: str
    machine: str
    command: str
    steps: Mapping[str, Mapping[str, float]]
    grows: Mapping[str, float]
    rosters: list[dict[str, float]]
    waiting: list[dict[str, float]] = []
    booked: list[dict[str, float]] = []
    slots: list[dict[str, float]] = []
    batches: list[dict[str, float]] = []
    """Costs of a booking by the size of the batch it is decided in, smallest first."""

    def us(self, process: str, steps: tuple[str, ...]) -> float:
        """Return the microseconds of a process for some steps together."""
        return sum(self.steps[step].get(process, 0.0) for step in steps)

    def batched_share(self, process: str, per_s: float) -> float:
        """Return what a booking costs a process at that rate, as a share of one alone.

        A batch is what came while the last one was decided; so at the rate with which batches
        of a size are decided one after the other, batches have that size.
        """
        column = f"{process}_us"
        if not self.batches or column not in self.batches[0]:
            return 1.0
        points = [(row["bookings_per_s"], row[column]) for row in self.batches]
        alone = points[0][1]
        return _between(points, per_s) / alone if alone > 0 else 1.0

    def bytes_out(self, steps: tuple[str, ...]) -> float:
        """Return the bytes that the city sends for some steps together."""
        return sum(self.steps[step]["bytes_out"] for step in steps)

    def per_roster_person(self, name: str) -> float:
        """Return how much a stored size grows with each person of the roster, in bytes."""
        least, most = self.rosters[0], self.rosters[-1]
        return (most[name] - least[name]) / (most["people"] - least["people"])


def _between(points: list[tuple[float, float]], x: float) -> float:
    """Return the height at x of the line through these points, level before and behind them."""
    if x <= points[0][0]:
        return points[0][1]
    for (left, low), (right, high) in itertools.pairwise(points):
        if left < x <= right:
            return low + (high - low) * (x - left) / (right - left)
    return points[-1][1]


class Size(msgspec.Struct, frozen=True):
    """What a city needs. `cores` by process; bytes; seconds; a warning for each thing in doubt."""

    population: int
    residents: int
    pairs: int
    arrivals_peak_per_s: float
    admitted_per_s: float
    sell_out_s: float
    gateways: int
    cores: dict[str, float]
    cores_in_all: int
    memory_bytes: dict[str, float]
    memory_in_all_bytes: float
    database_bytes: float
    log_bytes: float
    network_peak_bytes_per_s: float
    network_peak_behind_cdn_bytes_per_s: float
    warnings: list[str]


def size(population: int, costs: UnitCosts, assumed: Assumptions) -> Size:
    """Return what a city of that many people needs, an edge cache in front of the gateways."""
    residents = math.ceil(population * assumed.comes_share)
    pairs = math.ceil(population * assumed.pairs_share)
    peak_per_s = residents / (60 * assumed.within_minutes) * assumed.peak_factor
    admitted_per_s = min(assumed.inside_max / assumed.inside_s, float(max(1, pairs)))
    cores = _cores(costs, assumed, peak_per_s, admitted_per_s)
    gateways = max(2, math.ceil(cores["gateway"]))
    memory = _memory(costs, population, residents, pairs, gateways)
    polls_per_s = residents / assumed.poll_every_s
    personal = peak_per_s * costs.bytes_out(WAY_IN) + admitted_per_s * _inside_bytes(costs, assumed)
    shared = peak_per_s * FILES_PER_RESIDENT * costs.bytes_out(("file",))
    shared += polls_per_s * costs.bytes_out(("poll",))
    return Size(
        population=population,
        residents=residents,
        pairs=pairs,
        arrivals_peak_per_s=round(peak_per_s, 1),
        admitted_per_s=round(admitted_per_s, 1),
        sell_out_s=round(pairs / admitted_per_s, 1),
        gateways=gateways,
        cores={name: round(value, 2) for name, value in cores.items()},
        cores_in_all=math.ceil(sum(cores.values())),
        memory_bytes=memory,
        memory_in_all_bytes=sum(memory.values()),
        database_bytes=_database(costs, population, pairs),
        log_bytes=costs.grows["wal_bytes_per_booking"] * pairs
        + costs.per_roster_person("wal_bytes") * population,
        network_peak_bytes_per_s=round(personal + shared),
        network_peak_behind_cdn_bytes_per_s=round(personal),
        warnings=_warnings(costs, population, cores, assumed),
    )


def seats_borne(population: int, cores: float, costs: UnitCosts, assumed: Assumptions) -> int:
    """Return how many may be inside at once where the whole city has so many cores.

    What is left of them beside the way in at the peak of the arrivals; 0 if nothing is. The
    room looks at the inbox, not at the cores: its cap (`room cap`) is the operator's to set.
    """
    residents = math.ceil(population * assumed.comes_share)
    peak_per_s = residents / (60 * assumed.within_minutes) * assumed.peak_factor
    without = sum(_cores(costs, assumed, peak_per_s, 0.0).values())
    with_one = sum(_cores(costs, assumed, peak_per_s, 1.0).values())
    admitted_per_s = max(0.0, cores - without) / (with_one - without)
    return int(admitted_per_s * assumed.inside_s)


def _cores(
    costs: UnitCosts, assumed: Assumptions, peak_per_s: float, admitted_per_s: float
) -> dict[str, float]:
    """Return the cores of each process at its busiest: arrivals and bookings at once."""
    processes = sorted({name for step in costs.steps.values() for name in step} - _NO_PROCESS)
    found = {}
    for name in processes:
        way_in = peak_per_s * costs.us(name, WAY_IN)
        shared = 1 - costs.batched_share(name, admitted_per_s)
        inside = admitted_per_s * (
            costs.us(name, INSIDE)
            - shared * costs.us(name, ("booking",))
            + (assumed.choices - 1) * costs.us(name, ("choose",))
        )
        polls = STATUS_ASKED_BY_EDGE_PER_S * costs.us(name, ("poll",))
        idle = costs.grows.get(f"idle_{name}_cores", 0.0)
        found[name] = ((way_in + inside + polls) / 1e6 + idle) / assumed.busy_max
    return found


_NO_PROCESS = frozenset({"bytes_in", "bytes_out", "calls"})


def _inside_bytes(costs: UnitCosts, assumed: Assumptions) -> float:
    return costs.bytes_out(INSIDE) + (assumed.choices - 1) * costs.bytes_out(("choose",))


def _memory(
    costs: UnitCosts, population: int, residents: int, pairs: int, gateways: int
) -> dict[str, float]:
    """Return the memory of each process. Redis grows with the roster and with who comes."""
    own = {
        name.removeprefix("memory_"): value
        for name, value in costs.grows.items()
        if name.startswith("memory_")
    }
    gateway = max(value for name, value in own.items() if name.startswith("gateway"))
    memory = {name: value for name, value in own.items() if not name.startswith("gateway")}
    memory["gateway"] = gateway * gateways
    memory["redis"] += costs.per_roster_person("redis_bytes") * population
    memory["redis"] += costs.grows["redis_bytes_per_booking"] * max(residents, pairs)
    memory["allocator"] += costs.per_roster_person("memory_allocator") * population
    return {name: float(round(value)) for name, value in sorted(memory.items())}


def _database(costs: UnitCosts, population: int, pairs: int) -> float:
    base = costs.rosters[0]["postgres_bytes"]
    people = costs.per_roster_person("postgres_bytes") * population
    return float(round(base + people + costs.grows["postgres_bytes_per_booking"] * pairs))


def _warnings(
    costs: UnitCosts, population: int, cores: Mapping[str, float], assumed: Assumptions
) -> list[str]:
    found = [
        f"{name} needs {cores[name]:.1f} cores and is one thread: "
        "let people come within a longer time, or split the release by venue"
        for name in SERIAL
        if cores.get(name, 0.0) > 1
    ]
    largest = int(max(roster["people"] for roster in costs.rosters))
    if population > largest:
        found.append(f"sizes were measured up to {largest:,} people; beyond, they are prolonged")
    if assumed.inside_max > 2_000:
        found.append("more than 2,000 inside: set ROOM_INSIDE_LIMIT_MAX, ROOM_CALLED_PER_S_MAX")
    return found


def read_costs(raw: bytes) -> UnitCosts:
    """Read the measured costs.

    Raises:
        msgspec.DecodeError: it is not their form.
    """
    document: Any = msgspec.json.decode(raw)
    return msgspec.convert(document, UnitCosts)
