"""What is played beyond this machine, and what is read off: sizes, bottlenecks, what to do.

Each size is played as the small town is set up (two gateway cores, one allocator, usual
settings), which shows what breaks first; and then as it ought to be set up. Large towns are
played in groups, so that a run takes seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from loadtests.simulate.admission import Rules
from loadtests.simulate.costs import Costs
from loadtests.simulate.model import Counted, Surge, Town, wait_s

PAIRS_SHARE = 1 / 3
"""Pairs for each resident who comes, as at the opening that is measured (20,000 for 60,000)."""

HEADS = (
    *("residents", "set-up", "all come within", "wait, median", "wait, p95", "sold out after"),
    *("gateways busy: mean / busiest minute", "Redis busy", "allocators busy"),
    "what breaks first",
)

LATE_S_MAX = 1.0
BUSY_MAX = 0.9


@dataclass(frozen=True)
class Scenario:
    """A size as it is played. `remedy` says what was done beside the usual set-up."""

    name: str
    town: Town
    remedy: str


@dataclass(frozen=True)
class Outcome:
    """What a run showed. Seconds; utilisation is busy time over the time until the sell-out."""

    scenario: Scenario
    counted: Counted
    wait_median_s: float
    wait_p95_s: float
    sold_out_s: float | None
    late_max_s: float
    utilisation: Mapping[str, float]
    busiest: Mapping[str, float]
    """Utilisation in the busiest minute."""
    breaks: str


def scenarios() -> list[Scenario]:
    """Return all, small to large: first as the small town is set up, then as it ought to be."""
    return [
        _usual("10 thousand", 10_000),
        _usual("100 thousand", 100_000),
        _scaled("100 thousand", 100_000, cores=8, factor=1, minutes=10),
        _usual("1 million", 1_000_000),
        _scaled("1 million", 1_000_000, cores=64, factor=8, minutes=20),
        _scaled("100 million", 100_000_000, cores=2_000, factor=400, minutes=60),
    ]


def play(scenario: Scenario, costs: Costs) -> Outcome:
    """Play one and read it off."""
    town = scenario.town
    counted = Surge(town, costs).run()
    lasted_s = town.lead_s + max(counted.sold_out_s or 0.0, town.within_s - town.lead_s)
    cores = {
        "gateway": town.gateway_cores,
        "redis": float(town.rooms),
        "allocator": float(town.rooms),
    }
    utilisation = {
        name: counted.busy_s.get(name, 0.0) / (lasted_s * count) for name, count in cores.items()
    }
    busiest = {
        name: max(counted.busy_by_minute_s.get(name, {}).values(), default=0.0) / (60 * count)
        for name, count in cores.items()
    }
    late_s = max(counted.way_in_late_s, default=0.0)
    return Outcome(
        scenario=scenario,
        counted=counted,
        wait_median_s=wait_s(counted, 0.5),
        wait_p95_s=wait_s(counted, 0.95),
        sold_out_s=counted.sold_out_s,
        late_max_s=late_s,
        utilisation=utilisation,
        busiest=busiest,
        breaks=breaks_first(utilisation, late_s, counted, town),
    )


def breaks_first(
    utilisation: Mapping[str, float], late_s: float, counted: Counted, town: Town
) -> str:
    """Say what is at its limit first; the admission cap when nothing else is."""
    name = max(utilisation, key=lambda one: utilisation[one])
    if late_s > LATE_S_MAX or utilisation[name] > BUSY_MAX:
        return f"{name}: the way in waits up to {late_s:,.0f} s"
    if counted.inside_max >= 0.9 * town.rules.inside_max:
        return "the seats inside: the pairs last as long as the cap lets them"
    return "nothing"


def _usual(name: str, people: int) -> Scenario:
    town = Town(people=people, pairs=int(people * PAIRS_SHARE), group=max(1, people // 50_000))
    return Scenario(name, town, "as `seiriken up` sets it up: two gateway cores, one allocator")


def _scaled(name: str, people: int, *, cores: int, factor: int, minutes: int) -> Scenario:
    rules = Rules(
        inside_start=200.0 * factor,
        inside_max=2_000.0 * factor,
        increase_per_s=50.0 * factor,
        called_per_s_max=100.0 * factor,
    )
    usual = _usual(name, people).town
    town = replace(
        usual,
        lead_s=30.0 * minutes,
        within_s=60.0 * minutes,
        gateway_cores=float(cores),
        rooms=max(1, factor // 8),
        rules=rules,
        group=max(1, 20 * factor // 8),
    )
    remedy = f"{cores} gateway cores behind a CDN, {2_000 * factor:,} seats inside"
    remedy += (
        f", the release split by venue over {town.rooms} rooms, each with its Redis and allocator"
    )
    return Scenario(name, town, remedy if town.rooms > 1 else remedy.partition(", the r")[0])


def table(outcomes: Sequence[Outcome]) -> list[str]:
    """Return the rows of the document's table: how busy on average, and in the busiest minute."""
    lines = [f"| {' | '.join(HEADS)} |", "|--:|---|--:|--:|--:|--:|--:|--:|--:|---|"]
    for one in outcomes:
        town, busy, peak = one.scenario.town, one.utilisation, one.busiest
        cells = [
            f"{town.people:,}",
            one.scenario.remedy,
            f"{town.within_s / 60:,.0f} min",
            _time(one.wait_median_s),
            _time(one.wait_p95_s),
            _time(one.sold_out_s),
            *[
                f"{100 * busy[name]:.0f} / {100 * peak[name]:.0f} %"
                for name in ("gateway", "redis", "allocator")
            ],
            one.breaks,
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "never"
    return f"{seconds:,.0f} s" if seconds < 300 else f"{seconds / 60:,.0f} min"
