"""When personal data may be removed, and why not yet: the rule of `seiriken retention`.

Rule 1: nothing here does I/O, reads a clock or draws a random number.

The rule is the city's: so many days after the last vaccination of all campaigns (90 unless it says
otherwise). While anything is open, booked for a later day, undecided or not told yet, the data is
still needed. A roster of which nobody has booked may be waiting for its campaign: the first, or
the next after the data of earlier ones went.
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
    the inbox, `untold` messages that nobody has been sent yet. `roster_waits` if there is a roster
    and no contact detail of a booking.
    """

    last_day: date | None
    still_open: Sequence[str] = ()
    undecided: int = 0
    untold: int = 0
    roster_waits: bool = False


def removal_day(facts: RetentionFacts, days: int) -> date | None:
    """Return the first day on which the data may go; None while there never was a campaign."""
    return None if facts.last_day is None else facts.last_day + timedelta(days=days + 1)


def reasons_to_wait(
    facts: RetentionFacts, today: date, days: int, *, without_campaign: bool = False
) -> list[str]:
    """Say why the data must stay; empty when it may go.

    `without_campaign` is somebody's word that no campaign is to come for the roster.
    """
    reasons = []
    day = removal_day(facts, days)
    if (day is None or facts.roster_waits) and not without_campaign:
        said = "no campaign was ever loaded" if day is None else "nobody on the roster has booked"
        reasons.append(
            f"{said}, so the roster may be waiting for a campaign"
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
