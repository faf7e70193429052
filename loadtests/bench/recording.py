"""docs/performance.md: made from the rows of the latest run of each section.

The rows stand as JSON in docs/performance/, one file a section, with machine, date and
the command that measured them; the page is written from these files alone, so that one
section can be measured again without the others. `python -m loadtests.bench.recording` writes it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from loadtests.bench.figures import Row, shown

DOCS = Path(__file__).parents[2] / "docs"
FOLDER = DOCS / "performance"
PAGE = DOCS / "performance.md"

TITLES: Mapping[str, tuple[str, str]] = {
    "opening": (
        "The opening of a city of 105,000",
        (
            "60,000 residents come within ten minutes for 20,000 pairs; generator, edge and city on"
            " the same machine. Residents are Locust users who go through the pages as people do."
            " 1,200 may be inside (usual: 2,000): what two cores bear beside the generator."
        ),
    ),
    "overload": (
        "Ten times the load",
        (
            "Five minutes of what the admitted capacity just takes, five minutes of ten times"
            " as many people, five minutes as before. Answers are timed by the edge's own log,"
            " and beside it as the load generator saw them, which shares the two cores."
            " Redis holds what each resident may still need (a session for 15 minutes, an answer"
            " for an hour), so it grows with those who came in the last hour, and no further."
        ),
    ),
    "soak": (
        "Half an hour at half load",
        (
            "Nothing may grow, and nothing may get slower. Redis and PostgreSQL do grow: they hold"
            " what 7,800 residents left there (a place, a session, a booking; bytes each in"
            " [scale.md](scale.md)), and PostgreSQL fills its 64 MB of shared buffers."
        ),
    ),
    "desk": (
        "The phone desk in the surge",
        (
            "Two minutes of what the admitted capacity takes, two of ten times as many, two as"
            " before. A clerk looks another caller up twice a second, a second one books for a"
            " caller every two seconds, from the place in the line to the booking, a supervisor"
            " opens the venue's list and the vaccine that is needed, and, while ten times as many"
            " come, sends in a roster of 100,000 lines to be compared."
        ),
    ),
    "messages": (
        "A great batch of reminders, and news meanwhile",
        (
            "Two workers send mails to a server on the same machine; at last to one that takes"
            " 100 a second. Each time is from the transaction that made a message to the one that"
            " has it sent. Messages are handed out once a second."
        ),
    ),
    "peers": (
        "What a city might use instead",
        (
            "The same people and slots, the same servers, the same run; how each is set up"
            " stands in [loadtests/peers/README.md](../loadtests/peers/README.md)."
        ),
    ),
    "decision": ("A decision", "`decide_batch` alone, in memory."),
    "durable": ("Durable bookings", "A backlog drained, against the same statements alone."),
    "latency": ("How long one waits for the answer", "At half of the allocator's rate, and alone."),
    "rivals": ("Other designs of the writer", "The same bookings on the same servers."),
    "startup": ("Start and memory", "An allocator of a city of a million."),
    "status": ("status.json", "The document that everybody polls, against bare Starlette."),
    "edge": ("status.json behind nginx", "Against a file of the same size that nginx serves."),
    "sign-in": ("Signing in", "Against a bare Starlette route."),
    "room": (
        "The waiting room",
        "A tick, the memory of a place, a million who ask at the opening.",
    ),
}
"""In the order of the page."""


class Recorded(msgspec.Struct, frozen=True):
    """One section's latest run."""

    machine: dict[str, str]
    rows: list[Row]
    command: str = ""


def record(machine: dict[str, str], section: str, rows: list[Row]) -> None:
    """Keep a section's rows, and write the page anew."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    recorded = Recorded(machine, rows, _command(section))
    text = msgspec.json.format(msgspec.json.encode(recorded), indent=1)
    (FOLDER / f"{section}.json").write_bytes(text + b"\n")
    PAGE.write_text(page(read()), encoding="utf-8")


def _command(section: str) -> str:
    """Return the command that was given, as one would give it again for this section alone."""
    given = sys.argv[1:]
    kept = [f"--only {section}"]
    kept += [
        f"{given[n]} {given[n + 1]}"
        for n in range(len(given) - 1)
        if given[n] in ("--runs", "--scale")
    ]
    return f"make bench ARGS='{' '.join([*kept, '--record'])}'"


def read() -> dict[str, Recorded]:
    """Return what is recorded, by section, in the order of the page."""
    found = {}
    for section in TITLES:
        path = FOLDER / f"{section}.json"
        if path.exists():
            found[section] = msgspec.json.decode(path.read_bytes(), type=Recorded)
    return found


def page(recorded: Mapping[str, Recorded]) -> str:
    """Return docs/performance.md."""
    parts = [
        "# Performance",
        "",
        "<!-- Made from docs/performance/*.json by loadtests/bench/recording.py: not by hand. -->",
        "",
        (
            "Measured on this tree, on one machine that also runs the load generator: read the"
            " ratios rather than the figures. Each section names its command; `make performance`"
            " measures all and writes this page anew. A figure is the median of its runs."
        ),
        "",
    ]
    for section, one in recorded.items():
        title, text = TITLES[section]
        parts += [f"## {title}", "", text, "", f"`{one.command}`", ""]
        if section == "peers":
            parts += [*_side_by_side(one.rows), ""]
        else:
            parts += [*_table(one.rows), ""]
        parts += [_measured_on(one.machine), ""]
    if missing := [title for section, (title, _) in TITLES.items() if section not in recorded]:
        parts += ["## Not measured on this tree yet", "", *[f"- {title}" for title in missing], ""]
    return "\n".join(parts)


def _side_by_side(rows: Sequence[Row]) -> list[str]:
    """Return the figures of systems (`System: what`) as one column each, then the ratios."""
    figures = {
        tuple(row.what.split(": ", 1)): row for row in rows if ": " in row.what and row.unit != "x"
    }
    systems = list(dict.fromkeys(system for system, _ in figures))
    whats = list(dict.fromkeys(what for _, what in figures))
    units = {what: row.unit for (_, what), row in figures.items()}
    lines = [f"| | {' | '.join(systems)} |", f"|---|{'--:|' * len(systems)}"]
    for what in whats:
        cells = [
            shown(figures[system, what].median) if (system, what) in figures else ""
            for system in systems
        ]
        lines.append(f"| {what}{f', {units[what]}' if units[what] else ''} | {' | '.join(cells)} |")
    others = [row for row in rows if row.unit == "x" or ": " not in row.what]
    return [*lines, "", *_table(others)]


def _table(rows: Sequence[Row]) -> list[str]:
    lines = ["| what | figure | unit | least to most | target | met |", "|---|--:|---|--:|--:|---|"]
    for row in rows:
        spread = f"{shown(min(row.runs))} to {shown(max(row.runs))}" if len(row.runs) > 1 else ""
        met = {None: "", True: "yes", False: "**no**"}[row.is_met]
        cells = [row.what, shown(row.median), row.unit, spread, row.target]
        lines.append(f"| {' | '.join(cells)} | {f'void: {row.void}' if row.void else met} |")
    return lines


def _measured_on(machine: Mapping[str, str]) -> str:
    names = ("date", "cores", "processor", "memory", "python", "postgresql", "redis")
    told = ", ".join(f"{name} {machine[name]}" for name in names if name in machine)
    return f"<sub>{told}</sub>"


if __name__ == "__main__":
    PAGE.write_text(page(read()), encoding="utf-8")
