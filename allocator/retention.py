"""When personal data may be removed, and why not yet: the rule of `seiriken retention`.

Rule 1: nothing here does I/O, reads a clock or draws a random number.

The rule is the city's: so many days after the last vaccination of all campaigns (90 unless it says
otherwise). While anything is open, booked for a later day, undecided or not told yet, the data is
still needed. Where no campaign was ever loaded, the roster that is there waits for its first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

RETENTION_DAYS = 90
"""After the last day of vaccination. Operators choose; what the law asks is theirs to know."""


class RetentionFacts(msgspec.Struct, frozen=True):
    """What is known of the campaigns, the synthetic resident's left out.

    `last_day` is the last on which a dose may be given; None when there never was a release.
    `still_open` are ids of releases in which somebody may yet book. `undecided` are requests in
    the inbox, `untold` messages that nobody has been sent yet.
    """

    last_day: date | None
    still_open: Sequence[str] = ()
    undecided: int = 0
    untold: int = 0


def removal_day(facts: RetentionFacts, days: int) -> date | None:
    """Return the first day on which the data may go; None while there never was a campaign."""
    return None if facts.last_day is None else facts.last_day + timedelta(days=days + 1)


def reasons_to_wait(
    facts: RetentionFacts, today: date, days: int, *, without_campaign: bool = False
) -> list[str]:
    """Say why the data must stay; empty when it may go.

    `without_campaign` is somebody's word that the first campaign is not still to come.
    """
    reasons = []
    day = removal_day(facts, days)
    if day is None and not without_campaign:
        reasons.append(
            "no campaign was ever loaded, so the roster may be waiting for its first"
            " (--without-campaign: none is to come)"
        )
    if day is not None and today < day:
        reasons.append(
            f"the last day of vaccination is {facts.last_day}, and {days} days after it are over"
            f" on {day}"
        )
    if facts.still_open:
        reasons.append(f"residents may still book: {', '.join(facts.still_open)}")
    if facts.undecided:
        reasons.append(f"{facts.undecided:,} requests are not decided")
    if facts.untold:
        reasons.append(f"{facts.untold:,} messages are not sent")
    return reasons
