"""Who is reminded of a dose, and when: a week before it, and the day before.

Rule 1: a reminder is due at REMINDED_AT of its day. It is timely until the next one is due,
or until the dose: what was held up for long is not sent late beside the next.
Rule 2: nobody is reminded of what they booked or changed after the reminder was due; they have
just been told.
Nothing here does I/O, reads a clock or draws a random number.

Units: days and times of day are the site's (Asia/Tokyo).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Literal

import msgspec

from allocator.commands import Remind, Request
from allocator.ledger import Facts, Move, Ruling
from allocator.model import SITE_TIMEZONE, Refusal

Reminder = Literal["reminder_week", "reminder_day"]

REMINDED_AT = time(9)
"""Not at night: a mail makes a telephone ring."""

DAYS_BEFORE: dict[Reminder, int] = {"reminder_week": 7, "reminder_day": 1}


class Due(msgspec.Struct, frozen=True):
    """One kind of reminder, of doses on one day, and since when it is due."""

    kind: Reminder
    day: date
    due_at: datetime


def due_at(kind: Reminder, day: date) -> datetime:
    """Return when people are reminded of a dose on that day."""
    day_of_mail = day - timedelta(days=DAYS_BEFORE[kind])
    return datetime.combine(day_of_mail, REMINDED_AT, SITE_TIMEZONE)


def due(now: datetime) -> Iterator[Due]:
    """Return what is due now: of a week before, the days that are not reminded of again yet."""
    today = now.astimezone(SITE_TIMEZONE).date()
    for days_ahead in range(DAYS_BEFORE["reminder_week"] + 1):
        day = today + timedelta(days=days_ahead)
        kind: Reminder = "reminder_day" if due_at("reminder_day", day) <= now else "reminder_week"
        if (since := due_at(kind, day)) <= now:
            yield Due(kind, day, since)


def is_timely(kind: Reminder, starts_at: datetime, now: datetime) -> bool:
    """Say whether a reminder of a dose that starts then still helps."""
    if kind == "reminder_day":
        return now < starts_at
    return now < due_at("reminder_day", starts_at.astimezone(SITE_TIMEZONE).date())


def turn_reminders(facts: Facts, request: Request, command: Remind) -> Ruling:
    """Turn a person's reminders on or off; they see it on the page, and are told no more of it."""
    held = facts.held.get((command.campaign_id, request.person_key))
    if held is None:
        return Ruling(Refusal.NO_BOOKING)
    after = msgspec.structs.replace(held, reminders=command.reminders)
    moves = () if after == held else (Move(request.person_key, held, after, None),)
    return Ruling(after, moves)
