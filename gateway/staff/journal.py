"""The journal of looks: who looked at whose data, when, why and from where.

Rule 1: a line is written before anything is shown; when it cannot be written, nothing is.
Rule 2: the role behind the pool may add lines and read them, and neither change nor delete one.

Whose is a keyed hash (`person_key`), so that the journal itself tells nobody's ticket. The reason
is one of `REASONS`: free text would come to hold what callers say.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import StringIO
from typing import Literal, get_args

from allocator.model import SITE_TIMEZONE
from gateway.staff.national_record import cell_of
from gateway.staff.statements import Statements

REASONS = ("asks_state", "wants_place", "cannot_use_pages", "correction", "complaint")
"""Why a clerk looks: the caller asks how they stand, wants a place, cannot use the pages,
something is to be put right, a complaint is looked into."""

Act = Literal[
    "caller_looked_up",
    "not_confirmed",
    "place_taken",
    "journal_read",
    "account_reset",
    "call_begun",
    "companion_confirmed",
    "booking_sent",
    "change_sent",
    "cancel_sent",
    "standby_sent",
    "offer_accepted",
    "reminders_set",
    "letter_shown",
    "day_list_opened",
    "found_in_list",
    "dose_looked_at",
    "dose_given",
    "dose_not_come",
    "dose_undone",
    "walked_in",
    "doses_exported",
    "messages_put_back",
    "untold_looked_at",
    "told_by_desk",
    "day_closed",
    "roster_read",
    "roster_stored",
]
ACTS: tuple[Act, ...] = get_args(Act)

COMMAND = "command"
"""Stands where a role would, and an address, in a line that a command has written."""

LINES_SHOWN_MAX = 200
LINES_EXPORTED_MAX = 100_000
COLUMNS = ("number", "at", "login", "role", "act", "person", "reason", "from")


@dataclass(frozen=True)
class Look:
    """What is to be noted. `whose` is None where it is nobody in particular."""

    login: str
    role: str
    act: Act
    whose: bytes | None
    reason: str
    came_from: str


@dataclass(frozen=True)
class Filter:
    """What lines to find: of a day (at the site), of a person, by an account; None: all.

    `before` is the number of a line: those that are older.
    """

    day: date | None = None
    whose: bytes | None = None
    login: str | None = None
    before: int | None = None


@dataclass(frozen=True)
class NotedLook:
    """A line of the journal."""

    number: int
    at: datetime
    look: Look

    @property
    def person(self) -> str:
        """Return what stands for the person, empty for none."""
        return "" if self.look.whose is None else self.look.whose.hex()


class Journal:
    """Adds and finds lines. Raises `StoreAway` when PostgreSQL does not answer."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements

    async def note(self, look: Look, now: datetime) -> None:
        """Write a line."""
        await self._statements.rows(
            "look_noted",
            now=now,
            login=look.login,
            role=look.role,
            act=look.act,
            person_key=look.whose,
            reason=look.reason,
            came_from=look.came_from,
        )

    async def find(self, wanted: Filter, most: int) -> list[NotedLook]:
        """Return at most so many lines, the newest first."""
        midnight = time(tzinfo=SITE_TIMEZONE)
        since = None if wanted.day is None else datetime.combine(wanted.day, midnight)
        until = None if since is None else since + timedelta(days=1)
        rows = await self._statements.rows(
            "looks_found",
            since=since,
            until=until,
            person_key=wanted.whose,
            login=wanted.login,
            before=wanted.before,
            limit=most,
        )
        return [
            NotedLook(
                row.look_id,
                row.looked_at,
                Look(row.login, row.role, row.act, row.person_key, row.reason, row.came_from),
            )
            for row in rows
        ]


def as_csv(lines: list[NotedLook]) -> str:
    """Return lines as a table for a spreadsheet; times with the site's offset."""
    text = StringIO()
    table = csv.writer(text)
    table.writerow(COLUMNS)
    for line in lines:
        at = line.at.astimezone(SITE_TIMEZONE).isoformat(timespec="seconds")
        look = line.look
        table.writerow(
            (
                line.number,
                at,
                cell_of(look.login),
                look.role,
                look.act,
                line.person,
                cell_of(look.reason),
                cell_of(look.came_from),
            )
        )
    return text.getvalue()
