"""What the linter of releases says. Nothing here does I/O."""

from __future__ import annotations

from typing import Literal

import msgspec


class Finding(msgspec.Struct, frozen=True):
    """One thing about a release: where, what, and how to mend it.

    `path` is a place in the file, `sessions[2].hours[0]`.
    """

    severity: Literal["error", "warning"]
    code: str
    path: str
    message: str
    mend: str = ""


MENDS = {
    "cohort_reversed": "exchange born_from and born_to",
    "closes_before_opening": "let it close after it opens",
    "days_out_of_order": "let the days begin before they end, within a year",
    "duplicate_id": "give each an id of its own",
    "hours_not_whole": "choose another slot_minutes, or hours that it divides",
    "hours_reversed": "write the earlier time first",
    "interval_out_of_order": "write min, standard and max in this order",
    "lobby_after_opening": "let the lobby begin before the opening, or with it",
    "no_day": "widen the days, or leave out fewer",
    "no_first_seat": "give a session seats for dose 1",
    "no_seat_in_slot": "use longer slots, more lines, or fewer minutes for a dose",
    "no_such_day": "look at the calendar",
    "no_such_moment": "look at the calendar and the clock",
    "not_as_schema": "see allocator/release-schema.json and the example in examples/inzai",
    "not_utf8": "save the file as UTF-8",
    "not_yaml": "mend the line; spaces at its beginning count",
    "open_after_last_slot": "let it close before the last first dose",
    "reserved": "choose another one",
    "second_doses_short": "add seats for dose 2 within the interval, or take first doses away",
    "slot_before_opening": "move the sessions, or open earlier",
    "slot_in_use": "keep its seats, or move its people first (seiriken desk close-slots)",
    "slot_twice": "take one of the two sessions away, or change its hours",
    "too_large": "make two releases of it",
    "too_many_slots": "use longer slots, or make two releases of it",
    "unknown_product": "add it to products, or correct its id",
    "unknown_venue": "add it to venues, or correct its id",
}
"""How to mend what a finding's code says, where the finding does not say it better."""


def error(code: str, path: str, message: str) -> Finding:
    """Return a finding with which a release is not loaded and does not open."""
    return Finding("error", code, path, message, MENDS[code])


def warning(code: str, path: str, message: str) -> Finding:
    """Return a finding that is shown, and stops nothing."""
    return Finding("warning", code, path, message, MENDS[code])
