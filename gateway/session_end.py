"""When a session ends, as its pages tell it and `static/session.js` counts it down.

Rule 1: what differs from one reader to the next stands in a page as marks, which are filled in
when the page is sent: so one page can be kept for many readers.
Rule 2: how long is told in seconds from now, by the server's clock: the device's may be wrong.
Rule 3: nothing here does I/O or reads a clock.

Units: seconds; moments are unix seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

_WARNED_S_MAX = 120
_WARNED_SHARE = 3

_LEFT, _MOST, _UNTIL, _WORDS = (f"\ue000{name}\ue000" for name in ("left", "most", "at", "words"))
"""Private characters of Unicode: nothing that people type gets into a page with them."""


@dataclass(frozen=True)
class SessionEnd:
    """What a page shows of the end of its reader's session, and what its script must know.

    `idle_s` and `absolute_s` are the limits of every session; the other four are marks.
    """

    idle_s: int
    absolute_s: int
    left: str = _LEFT
    most: str = _MOST
    until: str = _UNTIL
    until_words: str = _WORDS

    @property
    def minutes(self) -> int:
        """Return after how many minutes without use a session ends."""
        return max(1, self.idle_s // 60)

    @property
    def warned_s(self) -> int:
        """Return how long before the end it is warned of: two minutes, less of a short limit."""
        return min(_WARNED_S_MAX, self.idle_s // _WARNED_SHARE)


def filled_in(page: str, until: float, ends_at: float, now: float, words: str) -> str:
    """Fill in the marks of a page: when the session ends unused, and when in any case.

    `words` say when it ends unused, as the page's reader reads it.
    """
    moment = datetime.fromtimestamp(until, UTC)
    values = {
        _LEFT: str(max(0, int(until - now))),
        _MOST: str(max(0, int(ends_at - now))),
        _UNTIL: moment.isoformat(timespec="seconds"),
        _WORDS: words,
    }
    for mark, value in values.items():
        page = page.replace(mark, value)
    return page
