"""Figures of a run: one row a thing that was measured, with the median of its runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

import msgspec


@dataclass(frozen=True)
class Target:
    """What a figure ought to be: at least, or at most, a bound in the figure's unit."""

    sense: Literal["at least", "at most"]
    bound: float

    def is_met_by(self, figure: float) -> bool:
        """Say whether a figure is on the right side of the bound."""
        return figure >= self.bound if self.sense == "at least" else figure <= self.bound

    def __str__(self) -> str:
        sign = "≥" if self.sense == "at least" else "≤"
        return f"{sign} {shown(self.bound)}"


class Row(msgspec.Struct, frozen=True):
    """One thing that was measured, run by run; `void` says why it is not to be trusted."""

    section: str
    what: str
    unit: str
    runs: tuple[float, ...]
    median: float
    target: str = ""
    is_met: bool | None = None
    void: str = ""


def row_of(
    section: str,
    what: str,
    unit: str,
    runs: Sequence[float],
    *,
    target: Target | None = None,
    void: str = "",
) -> Row:
    """Return the row of these runs. A void figure neither meets nor misses its target."""
    middle = median(runs)
    is_met = None if target is None or void else target.is_met_by(middle)
    return Row(section, what, unit, tuple(runs), middle, str(target or ""), is_met, void)


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Return the ratio of each run, of things that were measured in turn."""
    return [one / other for one, other in zip(above, below, strict=True)]


def shown(value: float) -> str:
    """Return a number with as many digits as it is worth."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
