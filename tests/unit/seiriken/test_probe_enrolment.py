"""The synthetic resident's release stands by the rules of all releases, and is nobody else's."""

from __future__ import annotations

from datetime import date

import msgspec

from allocator.model import PROBE_BORN, Catalogue, Release
from allocator.release import findings_of, pairs_possible
from allocator.roster_file import read_roster_file
from seiriken.probe_enrolment import (
    MUNICIPALITY_CODE,
    SEATS,
    release_plan,
    releases_in_the_way,
)

TODAY = date(2026, 11, 28)


def catalogue(*releases: Release) -> Catalogue:
    by_id = {release.release_id: release for release in releases}
    return Catalogue(1, {}, {}, by_id, {})


def test_release_has_no_error_and_not_even_a_warning() -> None:
    assert findings_of(release_plan()) == []
    assert pairs_possible(release_plan()) == SEATS


def test_no_roster_file_can_bring_or_correct_the_test_resident() -> None:
    line = f"{MUNICIPALITY_CODE},0123456789,{PROBE_BORN}"
    read = read_roster_file(f"municipality_code,ticket_number,birth_date\n{line}\n".encode(), TODAY)
    assert [fault.column for fault in read.faults] == ["municipality_code", "birth_date"]


def test_releases_that_reach_the_reserved_day_stand_in_the_way() -> None:
    own = release_plan().release
    wide = msgspec.structs.replace(own, release_id="old", campaign_id="c", born_to=date(2000, 1, 1))
    later = msgspec.structs.replace(wide, release_id="new", born_from=date(1900, 1, 1))
    assert releases_in_the_way(catalogue(own, wide, later)) == ["old"]
    assert releases_in_the_way(catalogue(own, later)) == []
