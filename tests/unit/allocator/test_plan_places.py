"""Where a finding stands: its line, and of what seats were made."""

from __future__ import annotations

import pytest

from allocator.finding import Finding, error
from allocator.plan_places import PLACES_MAX, line_of, places_of
from allocator.release_file import read_lines

TEXT = """schema: 1   # the first
weeks:
  - venue: gym
    product: comirnaty
    hours:
      mon: ["09:00-12:00",
            "13:00-17:00"]
  - {venue: hall, product: comirnaty}
sessions:
  - venue: gym
    product: spikevax
"""
DOCUMENT = {
    "weeks": [
        {"venue": "gym", "product": "comirnaty"},
        {"venue": "hall", "product": "comirnaty"},
    ],
    "sessions": [{"venue": "gym", "product": "spikevax"}],
}


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("schema", 1),
        ("weeks", 2),
        ("weeks[0]", 3),
        ("weeks[0].hours.mon[1]", 7),
        ("weeks[1].venue", 8),
        ("weeks[1].lines", 8),
        ("weeks[7].lines", 2),
        ("sessions[0].product", 11),
        ("nothing.here", None),
        ("nothing", None),
        ("", None),
        ("line 12", 12),
    ],
)
def test_place_has_the_line_of_what_is_there(path: str, line: int | None) -> None:
    assert line_of(path, read_lines(TEXT)) == line


@pytest.mark.parametrize("text", ["", "a: [", "a: &x 1\nb: *x"])
def test_text_that_is_no_plan_has_no_lines(text: str) -> None:
    assert read_lines(text) == {}


@pytest.mark.parametrize(
    ("finding", "places"),
    [
        (error("lobby_after_opening", "release.lobby_at", ""), ["release.lobby_at"]),
        (error("reserved", "", "", kind="id"), []),
        (error("more_pairs_than_people", "sessions", ""), ["release.people"]),
        (error("few_pairs_for_people", "sessions", ""), ["release.people"]),
        (error("outside_days", "sessions", "", dose="dose_1"), ["release.days"]),
        (error("closed_day", "sessions", "", venue="gym"), ["weeks[0]", "sessions[0]"]),
        (error("slot_twice", "sessions", "", venue="gym", product="comirnaty"), ["weeks[0]"]),
        (error("no_first_seat", "sessions", ""), ["weeks[0]", "weeks[1]", "sessions[0]"]),
    ],
)
def test_finding_about_seats_stands_at_what_they_were_made_of(
    finding: Finding, places: list[str]
) -> None:
    assert places_of(finding, DOCUMENT) == places


def test_finding_about_seats_stands_where_it_says_if_the_text_cannot_be_read() -> None:
    assert places_of(error("no_first_seat", "sessions", ""), None) == ["sessions"]


def test_no_more_places_are_named_than_somebody_reads() -> None:
    many = {"weeks": [{"venue": "gym"}] * (PLACES_MAX + 1)}
    assert len(places_of(error("no_first_seat", "sessions", ""), many)) == PLACES_MAX
