"""`seiriken size`: what a city needs, from what was measured and what is assumed."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from seiriken.output import AsJson, print_json, print_lines, print_table

if TYPE_CHECKING:
    from seiriken.size import Assumptions, Size, UnitCosts

COSTS_FILE = "unit-costs.json"
TABLE = (10_000, 100_000, 1_000_000, 10_000_000)
_MIB = 2**20


Population = Annotated[int, typer.Option(min=1, max=2_000_000_000, help="Inhabitants of the city.")]
Table = Annotated[bool, typer.Option("--table", help="10 k, 100 k, 1 M and 10 M.")]
Comes = Annotated[float, typer.Option(min=0.001, max=1, help="Share of them who come.")]
Pairs = Annotated[float, typer.Option(min=0.001, max=1, help="Pairs per inhabitant.")]
WithinMinutes = Annotated[float, typer.Option(min=0.1, help="All come within.")]
Inside = Annotated[int, typer.Option(min=1, help="Seats inside (room cap).")]
InsideS = Annotated[float, typer.Option(min=1, help="Seconds of a seat for each booking.")]
PeakFactor = Annotated[
    float, typer.Option(min=1, help="The busiest minute's arrivals against the average.")
]
Choices = Annotated[
    float, typer.Option(min=1, help="How often somebody goes through days and times.")
]
PollEveryS = Annotated[
    float, typer.Option(min=1, help="Seconds between two questions of one who waits.")
]
BusyMax = Annotated[
    float, typer.Option(min=0.05, max=1, help="Share of its cores that a part may use.")
]
Cores = Annotated[
    float | None,
    typer.Option(min=0.1, help="Also: how many may be inside where the city has so many."),
]


def size(  # noqa: PLR0917 (each is an option of the command)
    population: Population = 100_000,
    table: Table = False,
    comes: Comes = 0.57,
    pairs: Pairs = 0.19,
    within_minutes: WithinMinutes = 10.0,
    inside: Inside = 2_000,
    inside_s: InsideS = 70.0,
    peak_factor: PeakFactor = 2.6,
    choices: Choices = 1.5,
    poll_every_s: PollEveryS = 20.0,
    busy_max: BusyMax = 0.6,
    cores: Cores = None,
    as_json: AsJson = False,
) -> None:
    """Show what a city needs: cores, memory, disk, network, and how long a release lasts."""
    from seiriken.size import Assumptions, read_costs, seats_borne
    from seiriken.size import size as work_out

    costs = read_costs(files("seiriken").joinpath(COSTS_FILE).read_bytes())
    assumed = Assumptions(
        comes_share=comes,
        pairs_share=pairs,
        within_minutes=within_minutes,
        inside_max=inside,
        inside_s=inside_s,
        peak_factor=peak_factor,
        choices=choices,
        poll_every_s=poll_every_s,
        busy_max=busy_max,
    )
    sizes = [work_out(people, costs, assumed) for people in (TABLE if table else (population,))]
    seats = None
    if cores is not None:
        seats = {
            one.population: seats_borne(one.population, cores, costs, assumed) for one in sizes
        }
    if as_json:
        told = {"assumed": assumed, "sizes": sizes, "costs_measured": costs.measured}
        print_json(told if seats is None else told | {"seats_borne": seats})
        return
    print_table(["", *(f"{one.population:,}" for one in sizes)], _rows(sizes))
    borne = [] if seats is None else ["", *_seats(seats, cores or 0.0)]
    print_lines([*borne, "", *_assumed(costs, assumed), *_warnings(sizes)])


def _rows(sizes: list[Size]) -> list[list[str]]:
    """Return one row a figure, one cell a city."""
    figures: dict[str, Callable[[Size], str]] = {
        "residents who come": lambda one: f"{one.residents:,}",
        "pairs": lambda one: f"{one.pairs:,}",
        "arrivals at the peak": lambda one: f"{one.arrivals_peak_per_s:,.0f} /s",
        "admitted": lambda one: f"{one.admitted_per_s:,.1f} /s",
        "sold out after": lambda one: _minutes(one.sell_out_s),
        "cores in all": lambda one: f"{one.cores_in_all:,}",
        "gateway processes": lambda one: f"{one.gateways:,}",
        "memory in all": lambda one: _bytes(one.memory_in_all_bytes),
        "  of it Redis": lambda one: _bytes(one.memory_bytes["redis"]),
        "database on disk": lambda one: _bytes(one.database_bytes),
        "write-ahead log": lambda one: _bytes(one.log_bytes),
        "network at the peak": lambda one: _rate(one.network_peak_bytes_per_s),
        "  behind a CDN": lambda one: _rate(one.network_peak_behind_cdn_bytes_per_s),
    }
    rows = [[name, *(cell(one) for one in sizes)] for name, cell in figures.items()]
    cores = [
        [f"  {name}", *(f"{one.cores[name]:,.2f}" for one in sizes)] for name in sizes[0].cores
    ]
    after = list(figures).index("cores in all") + 1
    return [*rows[:after], *cores, *rows[after:]]


def _seats(seats: dict[int, int], cores: float) -> list[str]:
    return [
        f"{population:,}: {cores:g} cores bear {count:,} inside at the peak"
        + (" (`seiriken room cap`, ROOM_INSIDE_LIMIT_MAX)" if count else "; they are too few")
        for population, count in seats.items()
    ]


def _warnings(sizes: list[Size]) -> list[str]:
    return [f"warning ({one.population:,}): {text}" for one in sizes for text in one.warnings]


def _assumed(costs: UnitCosts, assumed: Assumptions) -> list[str]:
    told = ", ".join(f"{name} {value:g}" for name, value in msgspec.to_builtins(assumed).items())
    return [
        f"assumed: {told}",
        f"unit costs: {costs.command}, {costs.measured}, {costs.machine}",
        "an edge cache answers status.json and static files; its own needs are not counted",
    ]


def _minutes(seconds: float) -> str:
    return f"{seconds:,.0f} s" if seconds < 120 else f"{seconds / 60:,.0f} min"


def _bytes(count: float) -> str:
    return f"{count / _MIB:,.0f} MiB" if count < 10_240 * _MIB else f"{count / 2**30:,.0f} GiB"


def _rate(bytes_per_s: float) -> str:
    return f"{8 * bytes_per_s / 1e6:,.0f} Mbit/s"
