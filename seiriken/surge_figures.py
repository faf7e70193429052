"""The figures of a surge, from what the processes of a stack say of themselves.

Rule 1: the same figures, from the same metrics, as on Grafana's surge screen
(`monitoring.grafana.dashboards.surge`); what is trouble, and from when on, too.
Rule 2: nothing here does I/O, reads a clock or draws a random number.

Every process of ours exposes every metric, at 0 where it is another's: a gauge is read by
its maximum. Rates are differences between two scrapes, a process that was started again in
between counted from 0. What cannot be known is None.

Units: moments are seconds of any clock that only goes forward; shares are of 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

import msgspec

OLDEST_S_STRAINED = 2.0
OLDEST_S_BAD = 5.0
FAILED_SHARE_STRAINED = 0.001
FAILED_SHARE_BAD = 0.01
OUTBOX_S_STRAINED = 300.0
SERVERS = frozenset({"redis", "database", "room"})
RATE_OVER_S = 60.0
"""Rates are those of the last minute, or of as much of it as was seen."""
REASONS_SHOWN = 3

PEOPLE_OF_COMMAND: Mapping[str, int] = {"book": 1, "walk_in": 1, "book_together": 2}
"""How many people have a pair by one command that gives one."""

BOOKINGS = "seiriken_bookings_total"
REFUSALS = "seiriken_refusals_total"
REQUESTS = "seiriken_http_requests_total"
SIGN_INS = "seiriken_sign_ins_total"
CPU_SECONDS = "process_cpu_seconds_total"
COUNTERS = frozenset({BOOKINGS, REFUSALS, REQUESTS, SIGN_INS, CPU_SECONDS})

Labels = frozenset[tuple[str, str]]
Readings = Mapping[tuple[str, Labels], float]
"""What one process says: the value by the metric's name and its labels."""


class Scrape(NamedTuple):
    """What every process said at one moment; None of one that did not answer."""

    at_s: float
    processes: Mapping[str, Readings | None]


class ProcessFigures(msgspec.Struct, frozen=True):
    """How one process does. `cores` it uses; `lacks` names what it needs and has not."""

    name: str
    is_up: bool
    cores: float | None
    memory_bytes: float | None
    lacks: tuple[str, ...]


class Trouble(msgspec.Struct, frozen=True):
    """Something is the matter: in words, and how much so."""

    degree: Literal["strained", "bad"]
    words: str


class Figures(msgspec.Struct, frozen=True):
    """The surge screen. Rates are None before the second scrape."""

    verdict: Literal["well", "strained", "not well"]
    troubles: tuple[Trouble, ...]
    state: str | None
    waiting: int
    inside: int
    limit: int
    held_by: str | None
    booked_per_minute: float | None
    refused_per_minute: float | None
    refusals_per_minute: dict[str, float]
    sign_ins_per_minute: float | None
    pairs_left: int | None
    sell_out_s: float | None
    told_low_s: float | None
    told_high_s: float | None
    outlook: dict[str, int]
    oldest_s: float
    undecided: int
    outbox: int
    requests_per_s: float | None
    failed_share: float | None
    processes: tuple[ProcessFigures, ...]


class Growth(NamedTuple):
    """How much each counter grew per second, by process, name and labels."""

    per_s: Mapping[tuple[str, str, Labels], float]

    def total(self, name: str, **labels: str) -> float:
        """Return the growth of a counter, of those with such labels, over all processes."""
        wanted = labels.items()
        return math.fsum(
            value
            for (_, one, having), value in self.per_s.items()
            if one == name and wanted <= dict(having).items()
        )

    def by(self, name: str, label: str) -> dict[str, float]:
        """Return the growth of a counter by a label, over all processes, the greatest first."""
        found: dict[str, float] = {}
        for (_, one, having), value in self.per_s.items():
            if one == name:
                worth = dict(having)[label]
                found[worth] = found.get(worth, 0.0) + value
        return dict(sorted(found.items(), key=lambda item: -item[1]))

    def of_process(self, process: str, name: str) -> float | None:
        """Return the growth of a counter without labels in one process."""
        return self.per_s.get((process, name, frozenset()))


def recent(scrapes: Sequence[Scrape]) -> Sequence[Scrape]:
    """Return the scrapes that rates are made of: those of the last minute, two at least."""
    if not scrapes:
        return scrapes
    oldest_s = scrapes[-1].at_s - RATE_OVER_S
    older = sum(scrape.at_s < oldest_s for scrape in scrapes)
    return scrapes[min(older, max(0, len(scrapes) - 2)) :]


def growth(before: Scrape, now: Scrape) -> Growth | None:
    """Return how the counters grew between two scrapes; None when no time has passed."""
    elapsed_s = now.at_s - before.at_s
    if elapsed_s <= 0:
        return None
    per_s = {}
    for process, readings in now.processes.items():
        earlier = before.processes.get(process)
        if readings is None or earlier is None:
            continue
        for (name, labels), value in readings.items():
            if name in COUNTERS:
                was = earlier.get((name, labels), 0.0)
                per_s[process, name, labels] = (value - was if value >= was else value) / elapsed_s
    return Growth(per_s)


def figures(scrapes: Sequence[Scrape]) -> Figures:
    """Return the figures of the latest scrape; rates from the first of them on."""
    now = scrapes[-1]
    grown = growth(scrapes[0], now)
    left = _pairs_left(now)
    booked = _booked_per_s(grown)
    reasons = grown.by(REFUSALS, "reason") if grown else {}
    sell_out_s = left / booked if left is not None and booked else None
    processes = tuple(_processes(now, grown))
    failed_share = _failed_share(grown)
    troubles = tuple(_troubles(now, processes, failed_share))
    return Figures(
        verdict=_verdict(troubles),
        troubles=troubles,
        state=_one_of(now, "seiriken_release_state", "state"),
        waiting=int(_most(now, "seiriken_waiting_people")),
        inside=int(_most(now, "seiriken_inside_people")),
        limit=int(_most(now, "seiriken_admission_limit_people")),
        held_by=_one_of(now, "seiriken_admission_held_by_state", "held_by"),
        booked_per_minute=None if booked is None else 60 * booked,
        refused_per_minute=60 * grown.total(REFUSALS) if grown else None,
        refusals_per_minute={
            reason: 60 * per_s for reason, per_s in [*reasons.items()][:REASONS_SHOWN] if per_s > 0
        },
        sign_ins_per_minute=60 * grown.total(SIGN_INS, result="confirmed") if grown else None,
        pairs_left=left,
        sell_out_s=0.0 if left == 0 else sell_out_s,
        told_low_s=_told(now, "low"),
        told_high_s=_told(now, "high"),
        outlook={
            outlook: int(people)
            for outlook, people in _most_by(now, "seiriken_outlook_people", "outlook").items()
            if people > 0
        },
        oldest_s=_most(now, "seiriken_inbox_oldest_age_seconds"),
        undecided=int(_most(now, "seiriken_inbox_requests")),
        outbox=int(_most(now, "seiriken_outbox_messages")),
        requests_per_s=grown.total(REQUESTS) if grown else None,
        failed_share=failed_share,
        processes=processes,
    )


def _all(scrape: Scrape, name: str) -> Iterator[tuple[str, Mapping[str, str], float]]:
    """Yield process, labels and value wherever a metric stands; without those that are NaN."""
    for process, readings in scrape.processes.items():
        for (one, labels), value in (readings or {}).items():
            if one == name and not math.isnan(value):
                yield process, dict(labels), value


def _most(scrape: Scrape, name: str) -> float:
    return max((value for _, _, value in _all(scrape, name)), default=0.0)


def _most_by(scrape: Scrape, name: str, label: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for _, labels, value in _all(scrape, name):
        found[labels[label]] = max(value, found.get(labels[label], value))
    return found


def _one_of(scrape: Scrape, name: str, label: str) -> str | None:
    """Return the value of the label whose gauge is 1."""
    return next((labels[label] for _, labels, value in _all(scrape, name) if value == 1), None)


def _told(scrape: Scrape, bound: str) -> float | None:
    return _most_by(scrape, "seiriken_told_wait_seconds", "bound").get(bound)


def _leaders(scrape: Scrape) -> set[str]:
    return {name for name, _, value in _all(scrape, "seiriken_leading_allocators") if value == 1}


def _pairs_left(scrape: Scrape) -> int | None:
    """Return what the leader says; while nobody leads, the most of what was said last."""
    leaders = _leaders(scrape)
    said: dict[str, float] = {}
    for process, _, value in _all(scrape, "seiriken_left_pairs"):
        said[process] = said.get(process, 0.0) + value
    by_leader = [pairs for process, pairs in said.items() if process in leaders]
    counted = by_leader or list(said.values())
    return int(max(counted)) if counted else None


def _booked_per_s(grown: Growth | None) -> float | None:
    if grown is None:
        return None
    by_command = grown.by(BOOKINGS, "command")
    return math.fsum(
        people * by_command.get(command, 0.0) for command, people in PEOPLE_OF_COMMAND.items()
    )


def _failed_share(grown: Growth | None) -> float | None:
    if grown is None or not (answered := grown.total(REQUESTS)):
        return None
    return grown.total(REQUESTS, status_class="5xx") / answered


def _processes(scrape: Scrape, grown: Growth | None) -> Iterator[ProcessFigures]:
    for name, readings in scrape.processes.items():
        memory = (readings or {}).get(("process_resident_memory_bytes", frozenset()))
        lacks = [
            dict(labels)["need"]
            for (one, labels), value in (readings or {}).items()
            if one == "seiriken_need_up" and value < 1
        ]
        yield ProcessFigures(
            name=name,
            is_up=readings is not None,
            cores=grown.of_process(name, CPU_SECONDS) if grown else None,
            memory_bytes=memory,
            lacks=tuple(sorted(lacks)),
        )


def _troubles(
    scrape: Scrape, processes: Sequence[ProcessFigures], failed_share: float | None
) -> Iterator[Trouble]:
    """Yield what is the matter, the worst first."""
    yield from _bad(scrape, processes, failed_share)
    yield from _strained(scrape, processes, failed_share)


def _bad(
    scrape: Scrape, processes: Sequence[ProcessFigures], failed_share: float | None
) -> Iterator[Trouble]:
    if away := sorted({need for one in processes for need in one.lacks if need in SERVERS}):
        yield Trouble("bad", f"a server is away: {', '.join(away)}")
    match len(_leaders(scrape)):
        case 0:
            yield Trouble("bad", "nobody decides bookings")
        case 1:
            pass
        case _:
            yield Trouble("bad", "two writers at once")
    if _most(scrape, "seiriken_inbox_oldest_age_seconds") > OLDEST_S_BAD:
        yield Trouble("bad", f"a request waits over {OLDEST_S_BAD:g} s")
    if not _in_downtime(scrape) and (failed_share or 0.0) > FAILED_SHARE_BAD:
        yield Trouble("bad", f"over {FAILED_SHARE_BAD:.0%} of pages fail")
    if any(value > 0 for _, _, value in _all(scrape, "seiriken_invariant_findings")):
        yield Trouble("bad", "a promise is broken: see `seiriken verify`")
    has_tried = _most(scrape, "seiriken_probe_timestamp_seconds") > 0
    if has_tried and _most(scrape, "seiriken_probe_up") < 1:
        yield Trouble("bad", "nobody could book from outside: see `probe.log`")


def _strained(
    scrape: Scrape, processes: Sequence[ProcessFigures], failed_share: float | None
) -> Iterator[Trouble]:
    if down := [one.name for one in processes if not one.is_up]:
        yield Trouble("strained", f"down: {', '.join(down)}")
    # A standby allocator has no ledger, and is well.
    known = SERVERS | {"ledger"}
    if unready := [one.name for one in processes if set(one.lacks) - known]:
        yield Trouble("strained", f"not ready: {', '.join(unready)}")
    if OLDEST_S_STRAINED < _most(scrape, "seiriken_inbox_oldest_age_seconds") <= OLDEST_S_BAD:
        yield Trouble("strained", f"a request waits over {OLDEST_S_STRAINED:g} s")
    in_downtime = _in_downtime(scrape)
    if not in_downtime and FAILED_SHARE_STRAINED < (failed_share or 0.0) <= FAILED_SHARE_BAD:
        yield Trouble("strained", "some pages fail")
    if _most(scrape, "seiriken_open_incidents") > 0:
        yield Trouble("strained", "an incident is open")
    if in_downtime:
        yield Trouble("strained", "planned downtime")
    if _most(scrape, "seiriken_outbox_oldest_age_seconds") > OUTBOX_S_STRAINED:
        yield Trouble("strained", "mails are late")


def _in_downtime(scrape: Scrape) -> bool:
    return _most(scrape, "seiriken_running_maintenances") > 0


def _verdict(troubles: Sequence[Trouble]) -> Literal["well", "strained", "not well"]:
    if any(trouble.degree == "bad" for trouble in troubles):
        return "not well"
    return "strained" if troubles else "well"
