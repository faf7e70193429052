"""What a load test counts: one book for each generating process, joined at the end.

Rule 1: a book is nested tables of numbers, and joining two books is adding them; so
several processes and machines can count apart.
Rule 2: nothing here does I/O, reads a clock or draws a random number; moments are arguments.

Units: moments in whole unix seconds; durations in milliseconds, kept in bins that grow by
5 % (`bin_of`), so that any percentile is right to 5 %.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

Numbers: TypeAlias = "dict[str, Any]"
"""A nested table: text to number, or text to such a table."""

OWN = "RESIDENT"
"""The request type under which our own statistics stand in Locust's tables."""

BIN_GROWTH = 1.05
BIN_S = 5
"""Durations are kept for each five seconds."""

_LOG_GROWTH = math.log(BIN_GROWTH)


def bin_of(duration_ms: float) -> int:
    """Return the bin of a duration."""
    return max(0, math.ceil(math.log(max(duration_ms, 1.0)) / _LOG_GROWTH))


def bin_end_ms(number: int) -> float:
    """Return the longest duration of a bin."""
    return BIN_GROWTH**number


class Book:
    """The tables of one process. `numbers` is what is sent and joined."""

    def __init__(self, numbers: Numbers | None = None) -> None:
        self.numbers: Numbers = {} if numbers is None else numbers

    def count(self, table: str, key: str, more: float = 1) -> None:
        """Add to a number of a table."""
        rows = self.numbers.setdefault(table, {})
        rows[key] = rows.get(key, 0) + more

    def count_at(self, table: str, at_s: float, key: str, more: float = 1) -> None:
        """Add to a number of a table for each second."""
        rows = self.numbers.setdefault(table, {}).setdefault(key, {})
        second = str(int(at_s))
        rows[second] = rows.get(second, 0) + more

    def set_at(self, table: str, at_s: float, key: str, value: float) -> None:
        """Keep what was seen in a second; a later look in the same second replaces it."""
        self.numbers.setdefault(table, {}).setdefault(key, {})[str(int(at_s))] = value

    def note_duration(self, table: str, at_s: float, key: str, duration_ms: float) -> None:
        """Add a duration to its bin."""
        span = str(int(at_s) // BIN_S * BIN_S)
        rows = self.numbers.setdefault(table, {}).setdefault(key, {}).setdefault(span, {})
        slot = str(bin_of(duration_ms))
        rows[slot] = rows.get(slot, 0) + 1

    def take(self) -> Numbers:
        """Return all that was counted since the last time, and begin anew."""
        taken, self.numbers = self.numbers, {}
        return taken

    def join(self, other: Numbers) -> None:
        """Add the numbers of another book."""
        _add(self.numbers, other)

    def total(self, table: str) -> dict[str, float]:
        """Return a flat table's numbers, or the sums over time of a table by seconds."""
        rows: Numbers = self.numbers.get(table, {})
        return {key: _sum(value) for key, value in rows.items()}

    def seconds(self, table: str, keys: Iterable[str] | None = None) -> dict[int, float]:
        """Return a table by seconds, summed over the keys (all if none are named)."""
        rows: Numbers = self.numbers.get(table, {})
        summed: dict[int, float] = {}
        for key in rows if keys is None else keys:
            for second, value in rows.get(key, {}).items():
                summed[int(second)] = summed.get(int(second), 0) + value
        return summed

    def bins(
        self, table: str, keys: Iterable[str], begin_s: float = 0, end_s: float = math.inf
    ) -> dict[int, float]:
        """Return how many durations fall into each bin, over keys and a span of time."""
        rows: Numbers = self.numbers.get(table, {})
        found: dict[int, float] = {}
        for key in keys:
            for span, counts in rows.get(key, {}).items():
                if begin_s <= int(span) < end_s:
                    for slot, value in counts.items():
                        found[int(slot)] = found.get(int(slot), 0) + value
        return found

    def keys(self, table: str) -> list[str]:
        """Return the keys of a table, in order."""
        return sorted(self.numbers.get(table, {}))


def percentile_ms(bins: Mapping[int, float], share: float) -> float:
    """Return the duration below which that share lies, to 5 %; 0 of nothing."""
    wanted = share * sum(bins.values())
    seen = 0.0
    for number in sorted(bins):
        seen += bins[number]
        if seen >= wanted and seen > 0:
            return bin_end_ms(number)
    return 0.0


def _add(into: Numbers, other: Mapping[str, Any]) -> None:
    for key, value in other.items():
        if isinstance(value, Mapping):
            _add(into.setdefault(key, {}), value)
        else:
            into[key] = into.get(key, 0) + value


def _sum(value: Any) -> float:
    if isinstance(value, Mapping):
        return sum(_sum(one) for one in value.values())
    return float(value)
