"""docs/scale.md: its text is written by hand, its tables and charts are made from what was played.

Tables stand between `<!-- made: NAME -->` and `<!-- end -->`. What they are made from is kept in
docs/scale/results.json, so that a test can see whether the page is as it was made.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from loadtests.charts import Line, line_chart
from loadtests.simulate.scenarios import Outcome, table
from loadtests.simulate.validation import Compared

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "scale.md"
FOLDER = DOCS / "scale"
RESULTS = FOLDER / "results.json"

_STYLE = (
    "<style>text{font:12px sans-serif;fill:#55555a}.end{text-anchor:end}"
    ".middle{text-anchor:middle}.grid{stroke:#e4e4e7}.mark{stroke:#1a1a1c}"
    "polyline{stroke-width:2}rect{fill:#fff}</style><rect width='720' height='260'/>"
)
_MADE = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def filled(text: str, tables: Mapping[str, Sequence[str]]) -> str:
    """Return the page with its tables; one that is not given stays as it is."""

    def fill(found: re.Match[str]) -> str:
        rows = tables.get(found.group(2))
        if rows is None:
            return found.group(0)
        return found.group(1) + "\n".join(rows) + "\n" + found.group(3)

    return _MADE.sub(fill, text)


def keep(tables: Mapping[str, Sequence[str]]) -> None:
    """Keep tables, and write the page anew."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    kept = read() | {name: list(rows) for name, rows in tables.items()}
    RESULTS.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=1) + b"\n")
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), kept), encoding="utf-8")


def read() -> dict[str, list[str]]:
    """Return the tables that are kept."""
    if not RESULTS.exists():
        return {}
    return msgspec.json.decode(RESULTS.read_bytes(), type=dict[str, list[str]])


def keep_scenarios(outcomes: Sequence[Outcome]) -> None:
    """Keep the scenarios' table, and draw a chart of each."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for number, one in enumerate(outcomes):
        (FOLDER / f"{number + 1}.svg").write_text(chart(one), encoding="utf-8")
    keep({"scenarios": table(outcomes)})


def chart(outcome: Outcome) -> str:
    """Return a picture of one run: who waits, and what was booked, in shares of the whole."""
    town, counted = outcome.scenario.town, outcome.counted
    booked, sold = {}, 0.0
    for second in sorted(counted.bookings):
        sold += counted.bookings[second]
        booked[second - int(town.lead_s)] = 100 * sold / town.pairs
    waiting = {
        second - int(town.lead_s): 100 * people / town.people
        for second, people in counted.waiting.items()
    }
    lines = [Line("waiting, % of all who come", waiting), Line("booked, % of the pairs", booked)]
    title = f"{town.people:,} residents: {outcome.scenario.remedy}"
    figure = line_chart(lines, title, {0.0: "opens"})
    inner = figure[figure.index("<svg") :].partition("</svg>")[0]
    head, _, body = inner.partition(">")
    legend = "".join(
        f"<text x='{80 + 260 * n}' y='12' style='fill:{colour}'>{line.name}</text>"
        for n, (line, colour) in enumerate(zip(lines, ("#0072b2", "#d55e00"), strict=True))
    )
    return f"{head} xmlns='http://www.w3.org/2000/svg'>{_STYLE}{body}{legend}</svg>\n"


def validation_table(people: int, compared: Sequence[Compared], date: str) -> list[str]:
    """Return the rows of the validation's table."""
    lines = [f"| of {people:,} residents | real | model | model / real | within 15 % |"]
    lines += ["|---|--:|--:|--:|---|"]
    for one in compared:
        met = "yes" if one.is_within else "**no**"
        cells = [f"{one.real_s:,.0f} s", f"{one.model_s:,.0f} s", f"{one.ratio:.2f}", met]
        lines.append(f"| {one.what} | {' | '.join(cells)} |")
    return [*lines, "", f"<sub>{date}</sub>"]


_GROWTH: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "rosters": (
        ("people", "people on the roster", ",.0f"),
        ("postgres_bytes", "PostgreSQL", "bytes"),
        ("redis_bytes", "Redis", "bytes"),
        ("memory_allocator", "allocator's memory", "bytes"),
    ),
    "waiting": (
        ("people", "people who wait", ",.0f"),
        ("redis_bytes", "Redis, for their places", "bytes"),
        ("tick_ms", "a tick of the room, ms", ",.2f"),
    ),
    "booked": (
        ("bookings", "bookings, one after the other", ",.0f"),
        ("allocator_us", "allocator, µs each", ",.0f"),
        ("postgres_us", "PostgreSQL, µs each", ",.0f"),
        ("redis_us", "Redis, µs each", ",.0f"),
        ("wal_bytes", "write-ahead log, B each", ",.0f"),
    ),
    "slots": (
        ("slots", "slots on offer", ",.0f"),
        ("allocator_us", "allocator, µs a booking", ",.0f"),
        ("postgres_us", "PostgreSQL, µs a booking", ",.0f"),
        ("memory_allocator", "allocator's memory", "bytes"),
        ("ready_s", "allocator ready after, s", ",.1f"),
    ),
    "batches": (
        ("size", "bookings in a batch", ",.0f"),
        ("allocator_us", "allocator, µs each", ",.0f"),
        ("postgres_us", "PostgreSQL, µs each", ",.0f"),
        ("redis_us", "Redis, µs each", ",.0f"),
        ("bookings_per_s", "bookings a second", ",.0f"),
    ),
}
"""The tables of growth: for each, the figure's name, its heading, how it is written."""


def growth_table(costs: Mapping[str, Any]) -> list[str]:
    """Return what costs grow with, each at several sizes, from the measured unit costs."""
    lines: list[str] = []
    for grown, columns in _GROWTH.items():
        lines += [f"| {' | '.join(heading for _, heading, _ in columns)} |"]
        lines += [f"|{'--:|' * len(columns)}"]
        for row in costs[grown]:
            cells = [_cell(row[name], form) for name, _, form in columns]
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    grows = costs["grows"]
    lines += ["| stored for each booking | |", "|---|--:|"]
    for name, words in (
        ("postgres_bytes_per_booking", "PostgreSQL, tables and indexes"),
        ("wal_bytes_per_booking", "write-ahead log, of all that is stored on the way"),
        ("redis_bytes_per_booking", "Redis (session, draft, place, roster entry kept)"),
    ):
        lines.append(f"| {words} | {grows[name]:,.0f} B |")
    return [*lines, "", f"<sub>`{costs['command']}`, {costs['measured']}, {costs['machine']}</sub>"]


def _cell(value: float, form: str) -> str:
    return f"{value / 2**20:,.1f} MiB" if form == "bytes" else format(value, form)
