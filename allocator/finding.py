"""What the linter of releases says. Nothing here does I/O.

A finding says itself in English, as the command line shows it, and carries its code and the values
of its sentence, so that pages say it in their reader's language. Of some codes there are several
kinds, each a sentence of its own: `KINDS`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

import msgspec

Value = str | int | float | date | Sequence[str] | Sequence[date]
"""Moments are dates, too (`datetime`)."""


class Finding(msgspec.Struct, frozen=True):
    """One thing about a release: where, what, and how to mend it.

    `path` is a place in the file, `sessions[2].hours[0]`.
    """

    severity: Literal["error", "warning"]
    code: str
    path: str
    message: str
    mend: str = ""
    values: Mapping[str, Value] = {}
    """What the sentence speaks of: numbers, days, ids; and `kind`, of codes with several."""


MENDS = {
    "booked_twice": "give both the same campaign, or other cohorts, or close one before",
    "closed_day": "leave these days out (except), or change the venue's open days",
    "cohort_empty": "put the days of birth right, or import the rest of the roster first",
    "cohort_reversed": "exchange born_from and born_to",
    "closes_before_opening": "let it close after it opens",
    "cohort_unborn": "put the years of birth right",
    "days_out_of_order": "let the days begin before they end, within a year",
    "duplicate_id": "give each an id of its own",
    "few_pairs_for_people": (
        "look for a digit missing in a capacity, or say in release.people how many this one is for"
    ),
    "held_twice": "give both the same campaign; leave it if they are different vaccinations",
    "hours_not_whole": "choose another slot_minutes, or hours that it divides",
    "hours_reversed": "write the earlier time first",
    "interval_not_as_source": "{source}",
    "interval_out_of_order": "write min, standard and max in this order",
    "interval_too_long": "{source}",
    "interval_too_short": "{source}",
    "interval_unusual": "look for a digit too many; if the product's information says it, leave it",
    "lobby_after_opening": "let the lobby begin before the opening, or with it",
    "more_an_hour_than_history": "look for a digit too many; if so many can be given, leave it",
    "more_pairs_than_people": (
        "look for a digit too many in a capacity, or put release.people right"
    ),
    "more_pairs_than_roster": (
        "look for a digit too many in a capacity, or import the rest of the roster first"
    ),
    "more_people_than_history": "look for a digit too many; if so many are meant, leave it",
    "more_people_than_roster": "put release.people right, or import the rest of the roster first",
    "more_seats_than_doses": "take away {short:,} seats, or have {vials:,} vials more",
    "names_differ": "let them be as they are, or give it an id of its own",
    "more_seats_than_vials": "have {short:,} vials more, or fewer seats: a day's fill whole vials",
    "more_than_history": "look for a digit too many in a capacity; if so many are meant, leave it",
    "no_day": "widen the days, or leave out fewer",
    "no_first_seat": "give a session seats for dose 1",
    "no_seat_in_slot": "use longer slots, more lines, or fewer minutes for a dose",
    "no_such_day": "look at the calendar",
    "no_such_moment": "look at the calendar and the clock",
    "not_as_schema": "see allocator/release-schema.json and the example in examples/inzai",
    "not_utf8": "save the file as UTF-8",
    "not_yaml": "mend the line; spaces at its beginning count",
    "open_after_last_slot": "let it close before the last first dose",
    "open_already": (
        "write the moment at which it opened; to let nobody in for a while, pause it by hand"
    ),
    "opens_at_once": "look for a wrong day or year; if it is to open at once, leave it",
    "outside_days": "move the sessions, or change release.days.{dose}",
    "outside_hours": "change the sessions' hours, or the venue's",
    "product_differs": "give it an id of its own, or close {releases} before",
    "release_over": "load it with a later release.closes_at",
    "reserved": "choose another one",
    "seats_cut_by_order": "have fewer seats there, or see that there is vaccine for them",
    "second_doses_short": "add seats for dose 2 within the interval, or take first doses away",
    "slot_before_opening": "move the sessions, or open earlier",
    "slot_closed_by_order": (
        "put the days into the venue's closed (once that is loaded they can be taken out again), "
        "or give the seats by seiriken desk add-seats"
    ),
    "slot_in_another": (
        "take them out of one, or close the other; leave it if the two share the venue's places"
    ),
    "slot_in_use": "keep its seats, or move its people first (seiriken desk close-slots)",
    "slot_twice": "take one of the two sessions away, or change its hours",
    "slots_overlap": (
        "take one of the two sessions away, or change its hours; leave it if both are meant"
    ),
    "too_large": "make two releases of it",
    "too_many_an_hour": "lower the capacities, or spread them over more hours",
    "too_many_an_hour_together": "lower the capacities, or choose hours that the others leave free",
    "too_many_slots": "use longer slots, or make two releases of it",
    "unknown_product": "add it to products, or correct its id",
    "unknown_venue": "add it to venues, or correct its id",
    "unusual_capacity": "look for a digit too many in its capacity",
    "vial_not_as_source": "{source}",
}
"""How to mend what a finding's code says, its braces filled with the finding's values."""

KINDS: Mapping[str, tuple[str, ...]] = {
    "names_differ": ("address", "product", "venue"),
    "not_as_schema": (
        *("choice", "empty", "empty_file", "enum", "maximum", "minimum", "missing", "other"),
        *("pattern", "too_few", "too_many", "twice", "type", "unknown_key"),
    ),
    "not_yaml": ("alias", "character", "depth", "key_twice", "other"),
    "product_differs": ("interval", "vial"),
    "reserved": ("campaign", "cohort", "id"),
    "slot_in_use": ("fewer", "gone"),
}
"""The kinds of the codes that have several sentences."""


def error(code: str, path: str, message: str, **values: Value) -> Finding:
    """Return a finding with which a release is not loaded and does not open."""
    return Finding("error", code, path, message, MENDS[code].format_map(values), values)


def warning(code: str, path: str, message: str, **values: Value) -> Finding:
    """Return a finding that is shown, and stops nothing."""
    return Finding("warning", code, path, message, MENDS[code].format_map(values), values)
