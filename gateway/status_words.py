"""What the public status document means for one place in the line, in words.

Rule 1: the pages that wait without JavaScript say what `static/waiting.js` says with it; a rule
changed here is changed there.
Rule 2: what is not known is said not to be known: no guess stands in for it.
Rule 3: nothing here does I/O or reads a clock.

Shapes: `Status` is the document `GET /queue/status.json` (the JSON contract, version 1) as
decoded JSON. Distance is `place - serving`; people ahead are those in between. Units: seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any, Literal, TypeVar

from gateway import i18n, languages
from gateway.draw_words import is_drawn

Status = Mapping[str, Any]
Show = Literal["lobby", "waiting", "turn", "paused", "closed", "booked"]
Row = TypeVar("Row", bound=Mapping[str, Any])

REFRESH_S_MIN = 5
"""A page that reloads itself oftener than this cannot be read."""

REFRESH_S_UNKNOWN = 30
_MINUTE_S = 60
_HOUR_S = 3600
_MINUTES_SHOWN_S_MAX = 2 * _HOUR_S


@dataclass(frozen=True)
class WaitShown:
    """All that the waiting page shows."""

    show: Show
    release_id: str
    place: int | None
    ahead: int | None
    range: str
    progress: int
    outlook: Literal["likely", "borderline", "unlikely", ""]
    opens_at: datetime | None
    message: str
    refresh_s: int
    arrival: int | None = None
    drawn: bool = True
    raised: str = ""
    next_opens_at: datetime | None = None
    as_of: datetime | None = None
    closes_at: datetime | None = None


@dataclass(frozen=True)
class ReleaseShown:
    """All that the first page shows of the release now open or next to open."""

    state: str
    name: str = ""
    message: str = ""
    opens_at: datetime | None = None
    lobby_at: datetime | None = None
    pairs_left: int | None = None
    waiting: int = 0
    drawn: bool = True


def wait_shown(
    status: Status | None, release_id: str, place: int | None, show: Show, language: str
) -> WaitShown:
    """Put together what the waiting page shows; little of it without a status document."""
    if status is None:
        return WaitShown(
            show, release_id, place, None, i18n.text("wait.range_unknown", language),
            0, "", None, "", REFRESH_S_UNKNOWN,
        )  # fmt: skip
    serving = int(status["serving"])
    distance = None if place is None else max(0, place - serving)
    poll = row_for(status["poll"], distance)
    asked_s = REFRESH_S_UNKNOWN if poll is None else int(poll["after_s"])
    beginning_s = _beginning_s(status)
    looked_s = asked_s if beginning_s is None else min(asked_s, beginning_s)
    refresh_s = max(REFRESH_S_MIN, looked_s)
    return WaitShown(
        show=show,
        release_id=release_id,
        place=place,
        ahead=None if distance is None else max(0, distance - 1),
        range=range_words(eta_row(status["eta"], distance), language),
        progress=0 if not place else min(100, 100 * serving // place),
        outlook=outlook_of(status["outlook"], place),
        opens_at=datetime.fromisoformat(status["opens_at"]),
        message=message_in(status, language),
        refresh_s=refresh_s,
        raised=raised_for(status.get("eta_raised", ()), place),
        next_opens_at=_next_opens_at(status),
        as_of=datetime.fromisoformat(status["now"]),
        closes_at=datetime.fromisoformat(status["closes_at"]),
    )


def _beginning_s(status: Status) -> int | None:
    """Return in how many seconds lobby or opening will have begun; None when nothing will."""
    begins = {"scheduled": "lobby_at", "lobby": "opens_at"}.get(str(status["state"]))
    if begins is None:
        return None
    until = datetime.fromisoformat(status[begins]) - datetime.fromisoformat(status["now"])
    spread_s: float = status["beginning_spread_s"]
    return max(0, int(until.total_seconds())) + 1 + ceil(spread_s)


def message_in(status: Status, language: str) -> str:
    """Return the operator's message in a language, or the one for all.

    Readers of plain Japanese read one in Japanese rather than the one for all.
    """
    texts = status.get("messages", {})
    if own := texts.get(language):
        return i18n.given(own, language)
    return str(texts.get(languages.html_language(language)) or status.get("message") or "")


def release_shown(status: Status, name: str, language: str) -> ReleaseShown:
    """Put together what the first page shows of a release."""
    return ReleaseShown(
        state=str(status["state"]),
        name=name,
        message=message_in(status, language),
        opens_at=datetime.fromisoformat(status["opens_at"]),
        lobby_at=datetime.fromisoformat(status["lobby_at"]) if status.get("lobby_at") else None,
        pairs_left=status["outlook"]["pairs_left"],
        waiting=int(status["waiting"]),
        drawn=is_drawn(status),
    )


def row_for(table: Sequence[Row], distance: int | None) -> Row | None:
    """Return the first row whose `ahead` reaches a distance, the last beyond (or unknown)."""
    if not table:
        return None
    if distance is None:
        return table[-1]
    return next((row for row in table if distance <= row["ahead"]), table[-1])


def eta_row(table: Sequence[Row], distance: int | None) -> Row | None:
    """Return the first row that reaches a distance. Beyond the last nothing is known yet."""
    if distance is None:
        return None
    return next((row for row in table if distance <= row["ahead"]), None)


def raised_for(rises: Sequence[Mapping[str, Any]], place: int | None) -> str:
    """Return why the latest moment of a place has just risen; nothing when it has not."""
    if place is None:
        return ""
    covering = (rise for rise in rises if rise["from_place"] <= place <= rise["to_place"])
    return next((str(rise["reason"]) for rise in covering), "")


def range_words(row: Mapping[str, Any] | None, language: str) -> str:
    """Say how long the wait is: a range in minutes, or in hours when it is long."""
    if row is None:
        return i18n.text("wait.range_unknown", language)
    low_s, high_s = int(row["low_s"]), int(row["high_s"])
    if high_s < _MINUTE_S:
        return i18n.text("wait.range_soon", language)
    if high_s < _MINUTES_SHOWN_S_MAX:
        low, high = max(1, low_s // _MINUTE_S), ceil(high_s / _MINUTE_S)
        if low >= high:
            return i18n.text("wait.range_minutes_one", language, high=high)
        return i18n.text("wait.range_minutes", language, low=low, high=high)
    high = ceil(high_s / _HOUR_S)
    low = max(1, min(low_s // _HOUR_S, high - 1))
    return i18n.text("wait.range_hours", language, low=low, high=high)


def _next_opens_at(status: Status) -> datetime | None:
    """Return when the next release for the same people opens, if one is known."""
    following = status.get("next_release")
    return None if following is None else datetime.fromisoformat(following["opens_at"])


def outlook_of(
    outlook: Mapping[str, Any], place: int | None
) -> Literal["likely", "borderline", "unlikely", ""]:
    """Say whether stock will reach a place; nothing while that is not known."""
    likely, borderline = outlook["likely_to_place"], outlook["borderline_to_place"]
    if place is None or likely is None or borderline is None:
        return ""
    if place <= likely:
        return "likely"
    return "borderline" if place <= borderline else "unlikely"
