"""What a resident reads off a page, and off the public status document.

Rule 1: only what a person or a browser would see: links, buttons, hidden fields, the marks
that the waiting page's own script uses.
Rule 2: nothing here does I/O, reads a clock or draws a random number.

A page is scanned for the few things that are looked for: parsing each of some hundred
thousand pages would make the load generator the limit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

_STATIC = re.compile(r'(?:href|src)="(/static/[^"]+)"')
_DAYS = re.compile(r'class="day day-\w+" href="(/choose/[0-9-]+)(?:\?[^"]*)?"')
_SLOTS = re.compile(r'name="slot" value="([^"]+)"')
_HIDDEN = re.compile(r'type="hidden" name="(request_id|shown)" value="([^"]+)"')
_WAITING = re.compile(r'data-(show|release|place|arrival|refresh-s)="([^"]*)"')
_OUTLOOK = re.compile(r'data-outlook="(\w+)"(?! hidden)')
_NUMBER = re.compile(r'class="big-number">\s*([^<]+?)\s*<')


@dataclass(frozen=True)
class WaitingPage:
    """The waiting page's marks. A number that is not known yet is None."""

    show: str
    release_id: str
    place: int | None
    arrival: int | None
    refresh_s: float
    outlook: str


def static_files(html: str) -> list[str]:
    """Return the paths of what a browser loads with a page, each once."""
    return list(dict.fromkeys(_STATIC.findall(html)))


def days_on_offer(html: str) -> list[str]:
    """Return the paths of the days that can be chosen, in order."""
    return [unescape(path) for path in _DAYS.findall(html)]


def slots_on_offer(html: str) -> list[str]:
    """Return the values of the times that can be chosen, in order."""
    return [unescape(value) for value in _SLOTS.findall(html)]


def form_to_send(html: str) -> dict[str, str]:
    """Return what the form of the last step carries unseen; empty where there is none."""
    return {name: unescape(value) for name, value in _HIDDEN.findall(html)}


def booking_number(html: str) -> str | None:
    """Return the booking number that a page shows large."""
    found = _NUMBER.search(html)
    return unescape(found.group(1)) if found else None


def waiting_page(html: str) -> WaitingPage | None:
    """Return the marks of the waiting page; None if it is another page."""
    marks = dict(_WAITING.findall(html))
    if "show" not in marks:
        return None
    outlook = _OUTLOOK.search(html)
    return WaitingPage(
        show=marks["show"],
        release_id=unescape(marks.get("release", "")),
        place=int(marks["place"]) if marks.get("place") else None,
        arrival=int(marks["arrival"]) if marks.get("arrival") else None,
        refresh_s=float(marks.get("refresh-s") or 2),
        outlook=outlook.group(1) if outlook and marks["show"] == "waiting" else "",
    )


@dataclass(frozen=True)
class Status:
    """What everybody who waits is told (status.json)."""

    document: dict[str, Any]

    @property
    def state(self) -> str:
        """Return `scheduled`, `lobby`, `open`, `paused` or `closed`."""
        return str(self.document["state"])

    @property
    def serving(self) -> int:
        """Return the last place that may come in."""
        return int(self.document["serving"] or 0)

    @property
    def pairs_left(self) -> int | None:
        """Return how many pairs there still are; None when it is not said."""
        left = self.document["outlook"]["pairs_left"]
        return None if left is None else int(left)

    def outlook(self, place: int) -> str:
        """Return `likely`, `borderline`, `unlikely`, or nothing while nothing is known."""
        likely, borderline = (
            self.document["outlook"][name] for name in ("likely_to_place", "borderline_to_place")
        )
        if likely is None or borderline is None:
            return ""
        if place <= likely:
            return "likely"
        return "borderline" if place <= borderline else "unlikely"

    def ask_after_s(self, ahead: int | None) -> float:
        """Return after how long one so far behind the serving number asks again."""
        rows = self.document["poll"]
        if not rows:
            return 2.0
        reached = (row["after_s"] for row in rows if ahead is not None and row["ahead"] >= ahead)
        return float(next(reached, rows[-1]["after_s"]))

    def begins_in_s(self) -> float | None:
        """Return the time until lobby or opening begin, by the city's clock; None: neither."""
        from datetime import datetime

        name = {"scheduled": "lobby_at", "lobby": "opens_at"}.get(self.state)
        begins = self.document.get(name) if name else None
        if not begins:
            return None
        now = datetime.fromisoformat(self.document["now"])
        return max(0.0, (datetime.fromisoformat(begins) - now).total_seconds())

    @property
    def spread_s(self) -> float:
        """Return within how many seconds after a beginning everybody asks again."""
        return float(self.document.get("beginning_spread_s") or 1.0)
