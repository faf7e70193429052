"""How long the edge needed for each answer, as its own log says.

What residents see also holds how long the load generator took to look at an answer; it shares
the machine with the city, and with tens of thousands of waiting people it is often late.

A line is JSON (deploy/edge): unix seconds, method, first part of the path, seconds from request to
answer.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from loadtests.tally import Book

INSIDE, WAY_IN, OTHER = "inside", "way in", "other"
TABLE = "edge"

_GROUPS = {
    **dict.fromkeys(("details", "choose", "check", "checking", "booked"), INSIDE),
    **dict.fromkeys(("", "sign-in", "wait", "queue"), WAY_IN),
}


class _Answered(msgspec.Struct, frozen=True):
    at: str
    path: str
    took_s: float


def group_of(path: str) -> str:
    """Return where on the way somebody asks for a path."""
    return _GROUPS.get(path.partition("?")[0].split("/")[1], OTHER)


def book_of(lines: Iterable[str]) -> Book:
    """Return the durations of a log, by group. A last line that is cut short is left out."""
    book = Book()
    for line in lines:
        try:
            answered = msgspec.json.decode(line, type=_Answered)
        except msgspec.DecodeError:
            continue
        moment, took_ms = float(answered.at), 1e3 * answered.took_s
        book.note_duration(TABLE, moment, group_of(answered.path), took_ms)
    return book
