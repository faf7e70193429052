"""How long the edge needed for each answer, as its own log says.

What residents see also holds how long the load generator took to look at an answer; it shares
the machine with the city, and with tens of thousands of waiting people it is often late.

A line: unix seconds (with fraction), method, path, seconds from request to answer.
"""

from __future__ import annotations

from collections.abc import Iterable

from loadtests.tally import Book

INSIDE, WAY_IN, OTHER = "inside", "way in", "other"
TABLE = "edge"

_GROUPS = {
    **dict.fromkeys(("details", "choose", "check", "checking", "booked"), INSIDE),
    **dict.fromkeys(("", "sign-in", "wait", "queue"), WAY_IN),
}


def group_of(path: str) -> str:
    """Return where on the way somebody asks for a path."""
    return _GROUPS.get(path.partition("?")[0].split("/")[1], OTHER)


def book_of(lines: Iterable[str]) -> Book:
    """Return the durations of a log, by group. A last line that is cut short is left out."""
    book = Book()
    for line in lines:
        words = line.split()
        if len(words) == 4 and words[2].startswith("/"):
            at, _, path, took = words
            book.note_duration(TABLE, float(at), group_of(path), 1e3 * float(took))
    return book
